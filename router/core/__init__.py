"""The pure middle: values in, values out, time is an argument, and every decision carries its reason."""
