-- It stays: it may have been here before, and others may use it.
SELECT;
