"""Quarterly reviews: what was frozen, who may judge what, what was decided, and a signed record that nobody changes.

The rules stand in the database as well as in the code: items come into being with their review and never later, nobody
decides what they asked for or approved, what is signed or superseded stays as it is, a hash fits its text. The triggers
raise for every role, the owner included.
"""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

TENANT = "(SELECT nullif(current_setting('app.tenant_id', true), '')::uuid)"

TABLES = {
    # `snapshot` and `record` are canonical JSON (router.core.review.canonical), kept as the text that was hashed.
    "reviews": """
CREATE TABLE reviews (
  tenant_id uuid NOT NULL REFERENCES tenants,
  review_id uuid NOT NULL,
  quarter text NOT NULL CHECK (quarter ~ '^20[0-9]{2}Q[1-4]$'),
  kind text NOT NULL CHECK (kind IN ('final', 'interim')),
  state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'closed', 'superseded', 'signed')),
  cut_off timestamptz NOT NULL,
  opened_at timestamptz NOT NULL,
  due_at timestamptz NOT NULL,
  snapshot text NOT NULL,
  snapshot_sha256 text NOT NULL,
  reminded integer NOT NULL DEFAULT 0,
  closed_at timestamptz,
  signed_at timestamptz,
  signed_by uuid,
  record text,
  record_sha256 text,
  made_in xid8 NOT NULL DEFAULT pg_current_xact_id(),
  PRIMARY KEY (tenant_id, review_id),
  CONSTRAINT reviews_one UNIQUE (tenant_id, quarter, kind),
  FOREIGN KEY (tenant_id, signed_by) REFERENCES users,
  CONSTRAINT reviews_snapshot CHECK (snapshot_sha256 = encode(sha256(convert_to(snapshot, 'UTF8')), 'hex')),
  CONSTRAINT reviews_record CHECK (record_sha256 = encode(sha256(convert_to(record, 'UTF8')), 'hex')),
  CONSTRAINT reviews_signed CHECK ((state = 'signed') = (record IS NOT NULL)
    AND (record IS NULL) = (record_sha256 IS NULL) AND (record IS NULL) = (signed_at IS NULL)
    AND (record IS NULL) = (signed_by IS NULL)),
  CONSTRAINT reviews_interim CHECK (state <> 'superseded' OR kind = 'interim')
)""",
    # `requester` and `approver` are the opt-in's when the review was opened; `reviewer` is who was asked.
    "review_items": """
CREATE TABLE review_items (
  tenant_id uuid NOT NULL,
  review_id uuid NOT NULL,
  optin_id uuid NOT NULL,
  position integer NOT NULL,
  requester uuid,
  approver uuid,
  reviewer uuid,
  required boolean NOT NULL,
  flags text[] NOT NULL,
  PRIMARY KEY (tenant_id, review_id, optin_id),
  FOREIGN KEY (tenant_id, review_id) REFERENCES reviews,
  CONSTRAINT review_items_independent CHECK (reviewer <> requester AND reviewer <> approver)
)""",
    # Only added to; the last one of an item counts. Nobody's (`user_id` is null) when the due date decided.
    "review_decisions": """
CREATE TABLE review_decisions (
  tenant_id uuid NOT NULL,
  review_id uuid NOT NULL,
  optin_id uuid NOT NULL,
  decision_id uuid NOT NULL,
  at timestamptz NOT NULL,
  verdict text NOT NULL CHECK (verdict IN ('keep', 'modify', 'revoke', 'suspend')),
  reason text NOT NULL,
  user_id uuid,
  decided_by text NOT NULL,
  auth text NOT NULL,
  effect text NOT NULL,
  PRIMARY KEY (tenant_id, review_id, decision_id),
  FOREIGN KEY (tenant_id, review_id, optin_id) REFERENCES review_items,
  FOREIGN KEY (tenant_id, user_id) REFERENCES users,
  CONSTRAINT review_decisions_somebody CHECK ((verdict = 'suspend') = (user_id IS NULL)),
  CONSTRAINT review_decisions_reason CHECK (user_id IS NULL OR reason <> '')
)""",
}

INDEXES = """
CREATE INDEX reviews_open ON reviews (tenant_id, due_at) WHERE state = 'open';
CREATE INDEX review_decisions_item ON review_decisions (tenant_id, review_id, optin_id, decision_id);
"""

# Errors are 42501, as a missing right is: it is one.
RULES = """
CREATE FUNCTION review_stays() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    RAISE EXCEPTION 'a review is not deleted' USING ERRCODE = '42501';
  END IF;
  IF OLD.state IN ('signed', 'superseded') THEN
    RAISE EXCEPTION 'a review that is over is not changed' USING ERRCODE = '42501';
  END IF;
  IF (NEW.tenant_id, NEW.review_id, NEW.quarter, NEW.kind, NEW.cut_off, NEW.opened_at, NEW.due_at, NEW.snapshot,
      NEW.snapshot_sha256, NEW.made_in)
     IS DISTINCT FROM (OLD.tenant_id, OLD.review_id, OLD.quarter, OLD.kind, OLD.cut_off, OLD.opened_at, OLD.due_at,
      OLD.snapshot, OLD.snapshot_sha256, OLD.made_in) THEN
    RAISE EXCEPTION 'what a review froze is not changed' USING ERRCODE = '42501';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER stays BEFORE UPDATE OR DELETE ON reviews FOR EACH ROW EXECUTE FUNCTION review_stays();

CREATE FUNCTION review_kept() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  RAISE EXCEPTION 'items and decisions of a review are only added' USING ERRCODE = '42501';
END $$;
CREATE TRIGGER kept BEFORE UPDATE OR DELETE ON review_items FOR EACH ROW EXECUTE FUNCTION review_kept();
CREATE TRIGGER kept BEFORE UPDATE OR DELETE ON review_decisions FOR EACH ROW EXECUTE FUNCTION review_kept();
CREATE TRIGGER emptied BEFORE TRUNCATE ON reviews FOR EACH STATEMENT EXECUTE FUNCTION review_kept();
CREATE TRIGGER emptied BEFORE TRUNCATE ON review_items FOR EACH STATEMENT EXECUTE FUNCTION review_kept();
CREATE TRIGGER emptied BEFORE TRUNCATE ON review_decisions FOR EACH STATEMENT EXECUTE FUNCTION review_kept();

-- The population is frozen: items come in the transaction that opens their review.
CREATE FUNCTION review_item_comes() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM reviews r WHERE r.tenant_id = NEW.tenant_id AND r.review_id = NEW.review_id
      AND r.made_in = pg_current_xact_id()) THEN
    RAISE EXCEPTION 'the population of a review is frozen' USING ERRCODE = '42501';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER comes BEFORE INSERT ON review_items FOR EACH ROW EXECUTE FUNCTION review_item_comes();

-- FOR SHARE holds a signature off until the decision is in, and the other way round. Two accounts with one subject are
-- one person.
CREATE FUNCTION review_decision_comes() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
  review record;
  item record;
BEGIN
  SELECT r.state, r.made_in INTO review FROM reviews r
  WHERE r.tenant_id = NEW.tenant_id AND r.review_id = NEW.review_id FOR SHARE;
  SELECT i.requester, i.approver INTO item FROM review_items i
  WHERE i.tenant_id = NEW.tenant_id AND i.review_id = NEW.review_id AND i.optin_id = NEW.optin_id;
  IF review IS NULL OR review.state <> 'open' THEN
    RAISE EXCEPTION 'the review takes no decisions' USING ERRCODE = '42501';
  END IF;
  IF EXISTS (SELECT FROM users me JOIN users other ON other.tenant_id = me.tenant_id
      AND lower(btrim(other.subject)) = lower(btrim(me.subject))
      WHERE me.tenant_id = NEW.tenant_id AND me.user_id = NEW.user_id
        AND other.user_id IN (item.requester, item.approver)) THEN
    RAISE EXCEPTION 'nobody judges what they asked for or approved'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'review_decisions_independent';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER comes BEFORE INSERT ON review_decisions FOR EACH ROW EXECUTE FUNCTION review_decision_comes();
"""

# Tenants for whose reviews something has to be done by themselves: open the one of the quarter that ended, remind, or
# close one that is due.
DOORS = """
GRANT SELECT ON reviews TO alertveil_system;
CREATE POLICY system ON reviews FOR SELECT TO alertveil_system USING (true);
SET ROLE alertveil_system;
CREATE FUNCTION door.review_tenants(p_now timestamptz) RETURNS TABLE (tenant_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT t.tenant_id FROM public.tenants t
  WHERE (t.created_at < date_trunc('quarter', p_now, 'UTC') AND NOT EXISTS (
      SELECT FROM public.reviews r WHERE r.tenant_id = t.tenant_id AND r.kind = 'final'
        AND r.quarter = to_char((p_now AT TIME ZONE 'UTC') - interval '3 months', 'YYYY"Q"Q')))
    OR EXISTS (SELECT FROM public.reviews r WHERE r.tenant_id = t.tenant_id AND r.state = 'open'
      AND r.due_at <= p_now + interval '14 days')
$$;
REVOKE ALL ON FUNCTION door.review_tenants(timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION door.review_tenants(timestamptz) TO alertveil_app;
RESET ROLE;
"""

GRANTS = """
GRANT SELECT, INSERT ON reviews, review_items, review_decisions TO alertveil_app;
GRANT UPDATE (state, reminded, closed_at, signed_at, signed_by, record, record_sha256) ON reviews TO alertveil_app;
GRANT SELECT ON reviews, review_items, review_decisions TO alertveil_auditor;
"""


def upgrade() -> None:
    """Create the tables and the rules that hold them."""
    for name, statement in TABLES.items():
        op.execute(statement)
        op.execute(f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {name} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY tenant ON {name} USING (tenant_id = {TENANT}) WITH CHECK (tenant_id = {TENANT})")
    op.execute(INDEXES)
    op.execute(RULES)
    op.execute(GRANTS)
    op.execute(DOORS)


def downgrade() -> None:
    """Refuse: reviews are kept six years (45 CFR 164.316(b)(2)(i))."""
    raise NotImplementedError("Reviews are not dropped by a migration.")
