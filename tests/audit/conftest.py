from tests.flow.conftest import runtime, superuser
__all__=["runtime","superuser"]
