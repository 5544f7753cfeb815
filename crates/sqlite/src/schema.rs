//! The tables as `migrations/sqlite` makes them.

diesel::table! {
    users (id) {
        id -> BigInt,
        email -> Text,
        username -> Text,
        hashed_password -> Text,
        full_name -> Nullable<Text>,
        is_active -> Bool,
        is_verified -> Bool,
        role -> Text,
        created_at -> BigInt,
        updated_at -> BigInt,
        last_login -> Nullable<BigInt>,
        pending_email -> Nullable<Text>,
        pending_email_at -> Nullable<BigInt>,
        claim_expires_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    user_sessions (id) {
        id -> BigInt,
        user_id -> BigInt,
        session_token -> Text,
        seed -> Binary,
        generation -> BigInt,
        seen_generation -> Nullable<BigInt>,
        rotated_at -> Nullable<BigInt>,
        is_active -> Bool,
        created_at -> BigInt,
        expires_at -> BigInt,
        last_accessed -> BigInt,
        ip_address -> Nullable<Text>,
        user_agent -> Nullable<Text>,
        last_ip_address -> Nullable<Text>,
        last_user_agent -> Nullable<Text>,
    }
}

diesel::table! {
    one_time_codes (slot) {
        slot -> Binary,
        code_mac -> Nullable<Binary>,
        subject -> Nullable<BigInt>,
        code_ends_at -> Nullable<BigInt>,
        note -> Nullable<Binary>,
        attempts -> Nullable<BigInt>,
        attempts_until -> Nullable<BigInt>,
        expires_at -> BigInt,
    }
}

diesel::table! {
    outbox (id) {
        id -> BigInt,
        message_id -> Text,
        kind -> Text,
        priority -> BigInt,
        recipient -> Text,
        payload -> Nullable<Binary>,
        expires_at -> Nullable<BigInt>,
        request_id -> Text,
        created_at -> BigInt,
        status -> Text,
        attempts -> BigInt,
        next_attempt_at -> BigInt,
        lease -> BigInt,
        is_claimed -> Bool,
        last_error -> Nullable<Text>,
    }
}

diesel::table! {
    audit_seals (number) {
        number -> BigInt,
        covers -> Binary,
        at -> BigInt,
        mac -> Binary,
    }
}

diesel::table! {
    audit_log (id) {
        id -> BigInt,
        at -> BigInt,
        action -> Text,
        outcome -> Text,
        actor -> Nullable<BigInt>,
        subject -> Nullable<BigInt>,
        sid -> Nullable<Text>,
        ip_address -> Nullable<Text>,
        user_agent -> Nullable<Text>,
        request_id -> Nullable<Text>,
        detail -> Nullable<Text>,
        mac -> Binary,
        sealed_by -> Nullable<BigInt>,
    }
}

diesel::table! {
    audit_ends (which) {
        which -> Text,
        number -> BigInt,
        digest -> Binary,
        row_count -> BigInt,
        last_row -> BigInt,
        at -> BigInt,
        mac -> Binary,
    }
}

diesel::joinable!(user_sessions -> users (user_id));
diesel::allow_tables_to_appear_in_same_query!(users, user_sessions);

diesel::allow_tables_to_appear_in_same_query!(audit_log, audit_seals);
