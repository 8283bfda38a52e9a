-- A body bears one SIREN and one INSEE code at a time (the SIRET of its establishments may be many). Deferred: the unit of work writes
-- the new code before it ends the old one.
alter table identifier add constraint identifier_one_of_a_scheme exclude using gist (
  operator with =, member_id with =, scheme with =, daterange(valid_from, valid_until, '[]') with &&
) where (scheme <> 'IDENTIFIER_SCHEME_SIRET') deferrable initially deferred;
