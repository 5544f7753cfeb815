-- What is known of the account of a code, sealed: a proof need not look it up.
ALTER TABLE one_time_codes ADD COLUMN note BLOB CHECK (note IS NULL OR code_mac IS NOT NULL);
