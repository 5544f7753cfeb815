DROP TRIGGER users_truncated_are_counted ON users;
DROP TRIGGER users_changed_are_counted ON users;
DROP TRIGGER users_gone_are_counted ON users;
DROP TRIGGER users_made_are_counted ON users;
DROP FUNCTION forget_user_counts();
DROP FUNCTION note_user_changed();
DROP FUNCTION note_users_made_or_gone();
DROP TABLE user_count_changes;
DROP TABLE user_counts;
