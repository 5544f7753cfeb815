DROP TRIGGER user_count_changes_stay_few ON user_count_changes;
DROP FUNCTION fold_user_count_changes_once();
DROP FUNCTION fold_user_count_changes(bigint);
