"""BAAs, opt-ins, and the one function that lets a delivery have plaintext.

The application reads both tables and writes neither: every change of an opt-in goes through a function here, so two
persons, the end and the binding to a destination hold whoever calls. A refusal is returned and not raised, so that what
the caller records of it is committed.
"""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

TENANT = "(SELECT nullif(current_setting('app.tenant_id', true), '')::uuid)"

TABLES = {
    # An agreement is never changed: a renewed one is a row of its own. `mac` binds it under a key that the database
    # does not hold.
    "baas": """
CREATE TABLE baas (
  tenant_id uuid NOT NULL REFERENCES tenants,
  baa_id uuid NOT NULL,
  vendor text NOT NULL CHECK (vendor <> ''),
  service text NOT NULL CHECK (service <> ''),
  plan text NOT NULL DEFAULT '',
  counterparty text NOT NULL DEFAULT '',
  signed_on date NOT NULL,
  effective_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  document_hash text NOT NULL DEFAULT '',
  document_link text NOT NULL DEFAULT '',
  contacts text[] NOT NULL DEFAULT '{}',
  sub_processors text[] NOT NULL DEFAULT '{}',
  added_by text NOT NULL,
  added_at timestamptz NOT NULL DEFAULT now(),
  retired_at timestamptz,
  retired_by text,
  reminded integer[] NOT NULL DEFAULT '{}',
  mac bytea NOT NULL,
  mac_version integer NOT NULL,
  PRIMARY KEY (tenant_id, baa_id),
  CONSTRAINT baas_in_order CHECK (effective_at < expires_at)
)""",
    # `identity`: the destination that was opted in, as `destinations.identity`. `bound_at`: from when the end is
    # measured, the request or the last review's keep. `facts`: what the vendor said about the destination when it was
    # approved. `told` is false while the audit does not yet know of a state that the database set by itself.
    "optins": """
CREATE TABLE optins (
  tenant_id uuid NOT NULL,
  optin_id uuid NOT NULL,
  channel_id uuid NOT NULL,
  identity bytea NOT NULL,
  destination text NOT NULL,
  types text[] NOT NULL,
  lowest_severity text NOT NULL CHECK (lowest_severity IN ('critical', 'error', 'warning', 'info')),
  purpose text NOT NULL CHECK (purpose <> ''),
  baa_id uuid NOT NULL,
  break_glass boolean NOT NULL DEFAULT false,
  requester uuid NOT NULL,
  requested_via text NOT NULL,
  requested_at timestamptz NOT NULL DEFAULT now(),
  approver uuid,
  approved_via text,
  approved_at timestamptz,
  bound_at timestamptz NOT NULL DEFAULT now(),
  starts_at timestamptz NOT NULL DEFAULT now(),
  ends_at timestamptz NOT NULL,
  over_at timestamptz,
  state text NOT NULL DEFAULT 'requested'
    CHECK (state IN ('requested', 'active', 'expiring', 'expired', 'revoked', 'suspended', 'rejected')),
  state_at timestamptz NOT NULL DEFAULT now(),
  state_by text NOT NULL,
  state_reason text NOT NULL DEFAULT '',
  vendor_confirmed boolean NOT NULL DEFAULT false,
  single_custody boolean NOT NULL DEFAULT false,
  facts jsonb NOT NULL DEFAULT '{}',
  looked_at timestamptz NOT NULL DEFAULT now(),
  warned integer[] NOT NULL DEFAULT '{}',
  told boolean NOT NULL DEFAULT true,
  mac bytea,
  mac_version integer,
  PRIMARY KEY (tenant_id, optin_id),
  FOREIGN KEY (tenant_id, channel_id) REFERENCES channels,
  FOREIGN KEY (tenant_id, baa_id) REFERENCES baas,
  FOREIGN KEY (tenant_id, requester) REFERENCES users,
  FOREIGN KEY (tenant_id, approver) REFERENCES users,
  CONSTRAINT optins_two_persons CHECK (approver IS DISTINCT FROM requester),
  CONSTRAINT optins_approved CHECK (
    state NOT IN ('active', 'expiring') OR approver IS NOT NULL AND approved_at IS NOT NULL OR break_glass),
  CONSTRAINT optins_types CHECK (
    cardinality(types) > 0 AND NOT types && ARRAY['SECRET', 'TEXT', 'ALL', 'all', '*'] AND NOT '' = ANY (types)),
  CONSTRAINT optins_end CHECK (
    ends_at > requested_at AND timezone('UTC', ends_at)
      <= date_trunc('quarter', timezone('UTC', bound_at)) + interval '3 months' + interval '30 days'),
  CONSTRAINT optins_break_glass CHECK (NOT break_glass OR ends_at <= requested_at + interval '15 minutes')
)""",
}

INDEXES = """
CREATE INDEX optins_channel ON optins (tenant_id, channel_id);
CREATE INDEX optins_asked ON optins (tenant_id, requested_at, optin_id);
CREATE INDEX optins_baa ON optins (tenant_id, baa_id);
CREATE INDEX optins_open ON optins (tenant_id, ends_at) WHERE state IN ('requested', 'active', 'expiring', 'suspended');
CREATE INDEX optins_untold ON optins (tenant_id) WHERE NOT told;
CREATE INDEX baas_open ON baas (tenant_id, expires_at) WHERE retired_at IS NULL;
"""

GRANTS = """
ALTER TABLE instance ADD COLUMN policy_ran_at timestamptz NOT NULL DEFAULT 'epoch';
ALTER TABLE attempts ADD COLUMN optin_id uuid;
GRANT SELECT ON optins, baas TO alertveil_app, alertveil_auditor;
GRANT INSERT ON baas TO alertveil_app;
GRANT SELECT, INSERT, UPDATE ON optins TO alertveil_vault;
GRANT SELECT, UPDATE ON baas TO alertveil_vault;
GRANT SELECT ON tenants, instance, channels, destinations, incidents TO alertveil_vault;
GRANT SELECT (tenant_id, user_id, subject, roles, disabled_at) ON users TO alertveil_vault;
GRANT TRIGGER ON channels TO alertveil_vault;
"""

VAULT = f"""
SET ROLE alertveil_vault;
-- What a delivery's grant says more than a reveal's.
ALTER TABLE vault.grants ADD COLUMN optin_id uuid, ADD COLUMN baa_id uuid, ADD COLUMN channel_id uuid,
  ADD COLUMN vendor text, ADD COLUMN revision integer, ADD COLUMN attempt integer;
-- A delivery's grant names its opt-in, whichever function writes it. Nothing was granted before this migration.
-- squawk-ignore constraint-missing-not-valid
ALTER TABLE vault.grants ADD CONSTRAINT grants_opted_in CHECK (actor NOT LIKE 'service:%' OR optin_id IS NOT NULL);
-- Nothing was granted before this migration: the index is built over nothing.
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX grants_unused ON vault.grants (tenant_id, optin_id) WHERE allowed AND fetched_at IS NULL;

-- Is the agreement in force now, for this channel's vendor? '' when it is, else why not.
CREATE FUNCTION vault.baa_stands(p_baa uuid, p_vendor text) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = vault, pg_temp AS $$
DECLARE
  b public.baas;
BEGIN
  SELECT * INTO b FROM public.baas WHERE tenant_id = {TENANT} AND baa_id = p_baa;
  IF NOT FOUND THEN
    RETURN 'the business associate agreement is not on file';
  ELSIF b.retired_at IS NOT NULL THEN
    RETURN 'the business associate agreement was retired';
  ELSIF now() < b.effective_at OR now() >= b.expires_at THEN
    RETURN 'the business associate agreement is not in force';
  ELSIF p_vendor <> '' AND lower(p_vendor) <> lower(b.vendor) THEN
    RETURN 'the business associate agreement is with another vendor than the channel''s';
  END IF;
  RETURN '';
END $$;
REVOKE ALL ON FUNCTION vault.baa_stands(uuid, text) FROM PUBLIC;

-- Somebody asks; 'allowed' or why not. Break-glass is one privacy officer's, for 15 minutes, once a day a channel.
CREATE FUNCTION vault.ask_optin(
  p_optin uuid, p_channel uuid, p_types text[], p_severity text, p_purpose text, p_baa uuid, p_until timestamptz,
  p_requester uuid, p_by text, p_via text, p_destination text, p_facts jsonb, p_break_glass boolean)
RETURNS text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = vault, pg_temp AS $$
DECLARE
  mine uuid := {TENANT};
  c record;
  stands text;
BEGIN
  SELECT h.vendor, d.identity INTO c FROM public.channels h
  JOIN public.destinations d ON d.tenant_id = h.tenant_id AND d.destination_id = h.destination_id
  WHERE h.tenant_id = mine AND h.channel_id = p_channel AND h.retired_at IS NULL;
  IF NOT FOUND THEN
    RETURN 'there is no such channel';
  ELSIF NOT EXISTS (SELECT FROM public.users u WHERE u.tenant_id = mine AND u.user_id = p_requester
      AND u.disabled_at IS NULL AND CASE WHEN p_break_glass THEN 'privacy_officer' ELSE 'operator' END = ANY (u.roles))
  THEN
    RETURN 'this person''s roles do not allow it';
  ELSIF coalesce(cardinality(p_types), 0) = 0 OR p_types && ARRAY['SECRET', 'TEXT', 'ALL', 'all', '*', ''] THEN
    RETURN 'token types are named one by one, and neither secrets nor whole texts are among them';
  ELSIF coalesce(p_purpose, '') = '' THEN
    RETURN 'a purpose is needed';
  ELSIF p_until <= now() THEN
    RETURN 'its end lies in the past';
  ELSIF timezone('UTC', p_until)
      > date_trunc('quarter', timezone('UTC', now())) + interval '3 months' + interval '30 days' THEN
    RETURN 'its end lies after the close of the next quarterly review';
  ELSIF p_break_glass AND p_until > now() + interval '15 minutes' THEN
    RETURN 'break-glass holds for 15 minutes at most';
  ELSIF p_break_glass AND EXISTS (SELECT FROM public.optins o WHERE o.tenant_id = mine AND o.channel_id = p_channel
      AND o.break_glass AND o.requested_at > now() - interval '1 day') THEN
    RETURN 'this channel''s glass was broken within the last day: another time needs a second person';
  END IF;
  stands := vault.baa_stands(p_baa, c.vendor);
  IF stands <> '' THEN
    RETURN stands;
  END IF;
  INSERT INTO public.optins (tenant_id, optin_id, channel_id, identity, destination, types, lowest_severity, purpose,
    baa_id, break_glass, requester, requested_via, ends_at, state, state_by, facts, vendor_confirmed)
  VALUES (mine, p_optin, p_channel, c.identity, p_destination, p_types, p_severity, p_purpose, p_baa, p_break_glass,
    p_requester, p_via, p_until, CASE WHEN p_break_glass THEN 'active' ELSE 'requested' END, p_by, p_facts,
    p_break_glass AND c.vendor = '');
  RETURN 'allowed';
END $$;

-- Another person agrees; 'allowed' or why not. What they agree to is the request as it stands, to where the channel
-- leads now. Asked for and approved through one host identity is marked.
CREATE FUNCTION vault.approve_optin(p_optin uuid, p_approver uuid, p_by text, p_via text, p_facts jsonb)
RETURNS text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = vault, pg_temp AS $$
DECLARE
  mine uuid := {TENANT};
  o public.optins;
  c record;
  stands text;
BEGIN
  SELECT * INTO o FROM public.optins WHERE tenant_id = mine AND optin_id = p_optin FOR UPDATE;
  IF NOT FOUND THEN
    RETURN 'there is no such opt-in';
  ELSIF o.state <> 'requested' THEN
    RETURN 'it does not wait for an approval: it is ' || o.state;
  ELSIF o.ends_at <= now() THEN
    RETURN 'its end lies in the past';
  ELSIF p_approver = o.requester THEN
    RETURN 'whoever asks for an opt-in cannot approve it';
  ELSIF NOT EXISTS (SELECT FROM public.users u WHERE u.tenant_id = mine AND u.user_id = p_approver
      AND u.disabled_at IS NULL AND 'privacy_officer' = ANY (u.roles)) THEN
    RETURN 'this person''s roles do not allow it';
  ELSIF NOT EXISTS (SELECT FROM public.users u WHERE u.tenant_id = mine AND u.user_id = o.requester
      AND u.disabled_at IS NULL) THEN
    RETURN 'whoever asked for it is no user any more';
  ELSIF vault.same_person(p_approver, o.requester) THEN
    RETURN 'whoever asks for an opt-in cannot approve it: both accounts are one person''s';
  END IF;
  SELECT h.vendor, d.identity INTO c FROM public.channels h
  JOIN public.destinations d ON d.tenant_id = h.tenant_id AND d.destination_id = h.destination_id
  WHERE h.tenant_id = mine AND h.channel_id = o.channel_id AND h.retired_at IS NULL;
  IF NOT FOUND OR c.identity <> o.identity THEN
    RETURN 'the channel leads elsewhere than when it was asked for';
  END IF;
  stands := vault.baa_stands(o.baa_id, c.vendor);
  IF stands <> '' THEN
    RETURN stands;
  END IF;
  UPDATE public.optins SET state = 'active', state_at = now(), state_by = p_by, state_reason = '',
    approver = p_approver, approved_via = p_via, approved_at = now(), starts_at = now(),
    vendor_confirmed = (c.vendor = ''),
    single_custody = (p_via = o.requested_via AND p_via LIKE 'host:%'), facts = p_facts, looked_at = now(),
    mac = NULL, mac_version = NULL
  WHERE tenant_id = mine AND optin_id = p_optin;
  RETURN 'allowed';
END $$;

-- One person by two accounts: the same subject, however it is written.
CREATE FUNCTION vault.same_person(p_one uuid, p_other uuid) RETURNS boolean
LANGUAGE sql STABLE SET search_path = vault, pg_temp AS $$
  SELECT p_one = p_other OR EXISTS (
    SELECT FROM public.users a JOIN public.users b ON b.tenant_id = a.tenant_id
    WHERE a.tenant_id = {TENANT} AND a.user_id = p_one AND b.user_id = p_other
      AND lower(btrim(a.subject)) = lower(btrim(b.subject)))
$$;
REVOKE ALL ON FUNCTION vault.same_person(uuid, uuid) FROM PUBLIC;

-- A review keeps it, perhaps narrower, until a new end; by somebody who neither asked for nor approved it.
CREATE FUNCTION vault.keep_optin(p_optin uuid, p_reviewer uuid, p_by text, p_types text[], p_until timestamptz)
RETURNS text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = vault, pg_temp AS $$
DECLARE
  mine uuid := {TENANT};
  o public.optins;
BEGIN
  SELECT * INTO o FROM public.optins WHERE tenant_id = mine AND optin_id = p_optin FOR UPDATE;
  IF NOT FOUND THEN
    RETURN 'there is no such opt-in';
  ELSIF o.state NOT IN ('active', 'expiring') OR o.ends_at <= now() THEN
    RETURN 'it cannot be kept: it is over';
  ELSIF o.break_glass THEN
    RETURN 'broken glass is not kept';
  ELSIF NOT EXISTS (SELECT FROM public.users u WHERE u.tenant_id = mine AND u.user_id = p_reviewer
      AND u.disabled_at IS NULL AND u.roles && ARRAY['reviewer', 'privacy_officer']) THEN
    RETURN 'this person''s roles do not allow it';
  ELSIF vault.same_person(p_reviewer, o.requester) OR vault.same_person(p_reviewer, o.approver) THEN
    RETURN 'whoever asked for or approved an opt-in cannot review it';
  ELSIF coalesce(cardinality(p_types), 0) = 0 OR NOT p_types <@ o.types THEN
    RETURN 'a review can only narrow the types';
  ELSIF p_until <= now() THEN
    RETURN 'its end lies in the past';
  ELSIF timezone('UTC', p_until)
      > date_trunc('quarter', timezone('UTC', now())) + interval '3 months' + interval '30 days' THEN
    RETURN 'its end lies after the close of the next quarterly review';
  END IF;
  UPDATE public.optins SET state = 'active', state_at = now(), state_by = p_by, types = p_types, bound_at = now(),
    ends_at = p_until, warned = '{{}}', mac = NULL, mac_version = NULL
  WHERE tenant_id = mine AND optin_id = p_optin;
  RETURN 'allowed';
END $$;

-- Bind what was just agreed under the caller's key; once, and only while it holds.
CREATE FUNCTION vault.bind_optin(p_optin uuid, p_mac bytea, p_mac_version integer) RETURNS boolean
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = vault, pg_temp AS $$
  WITH bound AS (
    UPDATE public.optins SET mac = p_mac, mac_version = p_mac_version
    WHERE tenant_id = {TENANT} AND optin_id = p_optin AND mac IS NULL AND state = 'active' RETURNING 1)
  SELECT EXISTS (SELECT FROM bound)
$$;

-- End it one way or another; 'allowed' or why not. A grant under it that nobody used yet gives nothing any more, and
-- without its MAC nobody can set it active again by hand.
CREATE FUNCTION vault.end_optin(p_optin uuid, p_state text, p_by text, p_reason text) RETURNS text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = vault, pg_temp AS $$
DECLARE
  mine uuid := {TENANT};
  o public.optins;
BEGIN
  SELECT * INTO o FROM public.optins WHERE tenant_id = mine AND optin_id = p_optin FOR UPDATE;
  IF NOT FOUND THEN
    RETURN 'there is no such opt-in';
  ELSIF NOT (CASE p_state
      WHEN 'rejected' THEN o.state = 'requested'
      WHEN 'revoked' THEN o.state IN ('requested', 'active', 'expiring', 'suspended')
      WHEN 'suspended' THEN o.state IN ('active', 'expiring')
      WHEN 'expired' THEN o.state IN ('requested', 'active', 'expiring', 'suspended') AND o.ends_at <= now()
      ELSE false END) THEN
    RETURN 'it cannot become ' || p_state || ': it is ' || o.state;
  END IF;
  UPDATE public.optins SET state = p_state, state_at = now(), state_by = p_by, state_reason = p_reason,
    over_at = coalesce(over_at, now()), mac = NULL, mac_version = NULL, told = true
  WHERE tenant_id = mine AND optin_id = p_optin;
  UPDATE vault.grants SET allowed = false, verdict = 'the opt-in ended before the grant was used'
  WHERE tenant_id = mine AND optin_id = p_optin AND allowed AND fetched_at IS NULL;
  RETURN 'allowed';
END $$;

-- The end is so many days away and somebody is being told; true for the one caller who tells.
CREATE FUNCTION vault.warn_optin(p_optin uuid, p_days integer) RETURNS boolean
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = vault, pg_temp AS $$
  WITH warned AS (
    UPDATE public.optins SET warned = warned || p_days, state = 'expiring',
      state_at = CASE WHEN state = 'expiring' THEN state_at ELSE now() END
    WHERE tenant_id = {TENANT} AND optin_id = p_optin AND state IN ('active', 'expiring')
      AND NOT p_days = ANY (warned) RETURNING 1)
  SELECT EXISTS (SELECT FROM warned)
$$;

CREATE FUNCTION vault.remind_baa(p_baa uuid, p_days integer) RETURNS boolean
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = vault, pg_temp AS $$
  WITH reminded AS (
    UPDATE public.baas SET reminded = reminded || p_days
    WHERE tenant_id = {TENANT} AND baa_id = p_baa AND retired_at IS NULL AND NOT p_days = ANY (reminded) RETURNING 1)
  SELECT EXISTS (SELECT FROM reminded)
$$;

-- What the database did by itself has been written to the audit; true for the one caller who did.
CREATE FUNCTION vault.told_optin(p_optin uuid) RETURNS boolean
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = vault, pg_temp AS $$
  WITH told AS (
    UPDATE public.optins SET told = true
    WHERE tenant_id = {TENANT} AND optin_id = p_optin AND NOT told RETURNING 1)
  SELECT EXISTS (SELECT FROM told)
$$;

-- Somebody is about to ask the vendor about the destination again; true for the one caller who does.
CREATE FUNCTION vault.look_optin(p_optin uuid, p_every interval) RETURNS boolean
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = vault, pg_temp AS $$
  WITH looked AS (
    UPDATE public.optins SET looked_at = now()
    WHERE tenant_id = {TENANT} AND optin_id = p_optin AND state IN ('active', 'expiring')
      AND looked_at <= now() - p_every RETURNING 1)
  SELECT EXISTS (SELECT FROM looked)
$$;

CREATE FUNCTION vault.retire_baa(p_baa uuid, p_by text) RETURNS boolean
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = vault, pg_temp AS $$
  WITH retired AS (
    UPDATE public.baas SET retired_at = now(), retired_by = p_by
    WHERE tenant_id = {TENANT} AND baa_id = p_baa AND retired_at IS NULL RETURNING 1)
  SELECT EXISTS (SELECT FROM retired)
$$;

-- A channel that is led elsewhere, to another vendor or out of use takes its opt-ins with it, whoever changed it.
CREATE FUNCTION vault.channel_strays() RETURNS trigger
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = vault, pg_temp AS $$
BEGIN
  UPDATE public.optins o SET state = 'suspended', state_at = now(), state_by = 'alertveil', over_at = now(),
    state_reason = CASE WHEN NEW.retired_at IS NOT NULL THEN 'the channel was taken out of use'
      WHEN NEW.vendor IS DISTINCT FROM OLD.vendor THEN 'the channel''s vendor was changed'
      ELSE 'the channel''s destination was changed' END,
    mac = NULL, mac_version = NULL, told = false
  WHERE o.tenant_id = NEW.tenant_id AND o.channel_id = NEW.channel_id AND o.state IN ('active', 'expiring')
    AND (NEW.retired_at IS NOT NULL OR NEW.vendor IS DISTINCT FROM OLD.vendor OR NOT EXISTS (
      SELECT FROM public.destinations d WHERE d.tenant_id = NEW.tenant_id
        AND d.destination_id = NEW.destination_id AND d.identity = o.identity));
  RETURN NULL;
END $$;
CREATE TRIGGER optins_stray AFTER UPDATE ON public.channels FOR EACH ROW
  WHEN (OLD.destination_id IS DISTINCT FROM NEW.destination_id OR OLD.vendor IS DISTINCT FROM NEW.vendor
    OR OLD.retired_at IS DISTINCT FROM NEW.retired_at)
  EXECUTE FUNCTION vault.channel_strays();

-- Nobody ends an opt-in or its agreement while a transaction that holds it decides.
CREATE FUNCTION vault.hold_optin(p_optin uuid) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = vault, pg_temp AS $$
BEGIN
  PERFORM FROM public.optins o JOIN public.baas b USING (tenant_id, baa_id)
  WHERE o.tenant_id = {TENANT} AND o.optin_id = p_optin FOR SHARE;
END $$;

-- A delivery asks for many incidents at once. Everything is read again here, whatever a cache said: switches, policy
-- version, opt-in, agreement, destination, severity, and that each token was made by sealing an alert of its incident
-- and is of a type that was opted in. What does not belong is left out and never opened.
CREATE FUNCTION vault.disclose(
  p_version bigint, p_optin uuid, p_channel uuid, p_destination uuid, p_identity bytea, p_refused text, p_wanted json)
RETURNS TABLE (grant_id uuid, verdict text, tokens text[])
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = vault, pg_temp AS $$
#variable_conflict use_column
DECLARE
  mine uuid := {TENANT};
  o public.optins;
  t public.tenants;
  found_vendor text := '';
  lowest integer;
  common text := coalesce(p_refused, '');
BEGIN
  IF mine IS NULL THEN
    RETURN;
  END IF;
  SELECT * INTO t FROM public.tenants x WHERE x.tenant_id = mine;
  SELECT * INTO o FROM public.optins x WHERE x.tenant_id = mine AND x.optin_id = p_optin FOR SHARE;
  SELECT b.vendor INTO found_vendor FROM public.baas b WHERE b.tenant_id = mine AND b.baa_id = o.baa_id;
  lowest := array_position(ARRAY['info', 'warning', 'error', 'critical'], o.lowest_severity);
  IF common <> '' THEN
    NULL;
  ELSIF (SELECT i.kill_switch FROM public.instance i) THEN
    common := 'the installation''s kill switch is on';
  ELSIF t.kill_switch IS DISTINCT FROM false THEN
    common := 'the tenant''s kill switch is on';
  ELSIF t.config_version IS DISTINCT FROM p_version THEN
    common := 'the policy changed since it was decided';
  ELSIF o.optin_id IS NULL THEN
    common := 'there is no such opt-in';
  ELSIF o.state NOT IN ('active', 'expiring') THEN
    common := 'the opt-in is ' || o.state;
  ELSIF now() >= o.ends_at OR now() < o.starts_at THEN
    common := 'the opt-in has ended or not begun';
  ELSIF (o.approver IS NULL OR o.approver = o.requester) AND NOT o.break_glass THEN
    common := 'the opt-in lacks a second person';
  ELSIF o.channel_id IS DISTINCT FROM p_channel OR o.identity IS DISTINCT FROM p_identity OR NOT EXISTS (
      SELECT FROM public.destinations d WHERE d.tenant_id = mine AND d.destination_id = p_destination
        AND d.channel_id = p_channel AND d.identity = o.identity) THEN
    common := 'the destination is not the one that was opted in';
  ELSE
    SELECT vault.baa_stands(o.baa_id, c.vendor) INTO common FROM public.channels c
    WHERE c.tenant_id = mine AND c.channel_id = p_channel AND (c.vendor <> '' OR o.vendor_confirmed);
    common := coalesce(common, 'nobody confirmed that the destination belongs to the agreement');
  END IF;
  RETURN QUERY
  INSERT INTO vault.grants AS g (tenant_id, grant_id, actor, purpose, reason, incident_id, tokens, allowed, verdict,
    optin_id, baa_id, channel_id, vendor, revision, attempt)
  SELECT mine, w.grant_id, 'service:delivery', 'optin:' || p_optin, coalesce(nullif(o.purpose, ''), 'opted in'),
    w.incident_id, CASE WHEN r.said = 'allowed' THEN r.mine_too ELSE w.tokens END, r.said = 'allowed', r.said,
    p_optin, o.baa_id, p_channel, found_vendor, w.revision, w.attempt
  FROM json_to_recordset(p_wanted) AS w (grant_id uuid, incident_id uuid, revision integer, attempt integer,
    tokens text[])
  CROSS JOIN LATERAL (
    SELECT coalesce(array_agg(q.token), '{{}}') AS mine_too FROM unnest(w.tokens) AS q (token)
    WHERE common = '' AND EXISTS (SELECT FROM vault.entries e WHERE e.tenant_id = mine AND e.token = q.token
        AND e.kind = ANY (o.types) AND e.kind <> 'SECRET')
      AND EXISTS (SELECT FROM public.alerts a WHERE a.tenant_id = mine AND a.incident_id = w.incident_id
        AND q.token = ANY (a.tokens))) b
  CROSS JOIN LATERAL (
    SELECT b.mine_too, CASE WHEN common <> '' THEN common
      WHEN coalesce((SELECT array_position(ARRAY['info', 'warning', 'error', 'critical'], i.severity)
        FROM public.incidents i WHERE i.tenant_id = mine AND i.incident_id = w.incident_id), 0) < lowest
        THEN 'the incident is less severe than what was opted in'
      WHEN cardinality(b.mine_too) = 0 THEN 'no token of this incident may be opened'
      ELSE 'allowed' END AS said) r
  RETURNING g.grant_id, g.verdict, g.tokens;
END $$;

REVOKE ALL ON FUNCTION
  vault.ask_optin(uuid, uuid, text[], text, text, uuid, timestamptz, uuid, text, text, text, jsonb, boolean),
  vault.approve_optin(uuid, uuid, text, text, jsonb), vault.keep_optin(uuid, uuid, text, text[], timestamptz),
  vault.bind_optin(uuid, bytea, integer), vault.end_optin(uuid, text, text, text), vault.warn_optin(uuid, integer),
  vault.remind_baa(uuid, integer), vault.told_optin(uuid), vault.look_optin(uuid, interval),
  vault.retire_baa(uuid, text), vault.channel_strays(), vault.hold_optin(uuid),
  vault.disclose(bigint, uuid, uuid, uuid, bytea, text, json) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION
  vault.ask_optin(uuid, uuid, text[], text, text, uuid, timestamptz, uuid, text, text, text, jsonb, boolean),
  vault.approve_optin(uuid, uuid, text, text, jsonb), vault.keep_optin(uuid, uuid, text, text[], timestamptz),
  vault.bind_optin(uuid, bytea, integer), vault.end_optin(uuid, text, text, text), vault.warn_optin(uuid, integer),
  vault.remind_baa(uuid, integer), vault.told_optin(uuid), vault.look_optin(uuid, interval),
  vault.retire_baa(uuid, text), vault.hold_optin(uuid), vault.disclose(bigint, uuid, uuid, uuid, bytea, text, json)
  TO alertveil_app;
RESET ROLE;
"""

DOORS = """
GRANT SELECT (tenant_id, state, ends_at, told, warned) ON optins TO alertveil_system;
GRANT SELECT (tenant_id, expires_at, retired_at, reminded) ON baas TO alertveil_system;
CREATE POLICY system ON optins FOR SELECT TO alertveil_system USING (true);
CREATE POLICY system ON baas FOR SELECT TO alertveil_system USING (true);
SET ROLE alertveil_system;

-- Tenants with an opt-in or an agreement that is or may soon be due: which, and for what, is decided under the tenant.
CREATE FUNCTION door.policy_tenants() RETURNS TABLE (tenant_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT t.tenant_id FROM public.tenants t
  WHERE EXISTS (SELECT FROM public.optins o WHERE o.tenant_id = t.tenant_id
      AND (NOT o.told OR o.state IN ('requested', 'active', 'expiring', 'suspended')))
    OR EXISTS (SELECT FROM public.baas b WHERE b.tenant_id = t.tenant_id AND b.retired_at IS NULL
      AND b.expires_at < now() + interval '61 days')
$$;
REVOKE ALL ON FUNCTION door.policy_tenants() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION door.policy_tenants() TO alertveil_app;
RESET ROLE;
"""


def upgrade() -> None:
    """Create the tables, and the functions that alone write them."""
    for name, statement in TABLES.items():
        op.execute(statement)
        op.execute(f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {name} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY tenant ON {name} USING (tenant_id = {TENANT}) WITH CHECK (tenant_id = {TENANT})")
    op.execute(INDEXES)
    op.execute(GRANTS)
    op.execute(VAULT)
    op.execute(DOORS)


def downgrade() -> None:
    """Refuse: who agreed to what is kept six years (45 CFR 164.316(b)(2)(i))."""
    raise NotImplementedError("Records of agreements and opt-ins are not dropped by a migration.")
