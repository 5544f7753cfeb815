//! Running the user base.

use crate::world::{PASSWORD, email, username, world};
use evently_auth_domain::account::{Role, UserId};
use evently_auth_domain::ports::UserFilter;
use evently_auth_domain::usecases::admin::{AdminError, UpdateUser};

fn everybody() -> UserFilter {
    UserFilter { query: None, role: None, is_active: None, is_verified: None, skip: 0, limit: 100 }
}

#[tokio::test]
async fn users_may_do_none_of_it() {
    let world = world();
    let (_, user) = world.signed_in("grace").await;
    let (id, auth, client) = (user.user.id, &world.auth, &world.client);
    for refused in [
        auth.list_users(&everybody(), &user, &world.client).await.err(),
        auth.find_user(id, &user, &world.client).await.err(),
        auth.update_user(id, UpdateUser::default(), &user, client).await.err(),
        auth.delete_user(id, &user, client).await.err(),
        auth.activate_user(id, &user, client).await.err(),
        auth.deactivate_user(id, &user, client).await.err(),
        auth.list_user_sessions(id, &user, &world.client).await.err(),
        auth.revoke_user_sessions(id, &user, client).await.err(),
        auth.cleanup_sessions(&user, &world.client).await.err(),
    ] {
        assert!(matches!(refused, Some(AdminError::Forbidden)), "{refused:?}");
    }
}

#[tokio::test]
async fn changes_take_effect_on_the_next_request() {
    let world = world();
    let admin = world.admin("root").await;
    let (tokens, user) = world.signed_in("grace").await;
    let id = user.user.id;
    let update = async |update| world.auth.update_user(id, update, &admin, &world.client).await.unwrap();
    update(UpdateUser { role: Some(Role::Admin), ..UpdateUser::default() }).await;
    let promoted = world.principal(&tokens).await.unwrap();
    world.auth.list_users(&everybody(), &promoted, &world.client).await.unwrap();
    update(UpdateUser { role: Some(Role::User), ..UpdateUser::default() }).await;
    let demoted = world.principal(&tokens).await.unwrap();
    assert!(world.auth.list_users(&everybody(), &demoted, &world.client).await.is_err());
    update(UpdateUser { is_active: Some(false), ..UpdateUser::default() }).await;
    assert!(!world.is_live(&tokens).await);
    world.auth.activate_user(id, &admin, &world.client).await.unwrap();
    assert!(!world.is_live(&tokens).await, "an ended session stays ended");
    let tokens = world.log_in("grace").await;
    world.auth.delete_user(id, &admin, &world.client).await.unwrap();
    assert!(!world.is_live(&tokens).await);
    assert!(matches!(world.auth.find_user(id, &admin, &world.client).await, Err(AdminError::NotFound)));
}

#[tokio::test]
async fn an_address_set_by_an_administrator_holds_at_once() {
    let world = world();
    let admin = world.admin("root").await;
    world.verified("taken").await;
    let user = world.verified("grace").await;
    let to = |name| UpdateUser { email: Some(email(name)), ..UpdateUser::default() };
    let refused = world.auth.update_user(user.id, to("taken"), &admin, &world.client).await;
    assert!(matches!(refused, Err(AdminError::Taken)), "{refused:?}");
    let changed = world.auth.update_user(user.id, to("hopper"), &admin, &world.client).await.unwrap();
    assert!(changed.is_verified && changed.email == email("hopper"));
    for name in ["grace", "hopper"] {
        assert_eq!(world.mails_to(name).await.last(), Some(&"email_changed"), "{name}");
    }
    let rename = UpdateUser { username: Some(username("taken")), ..UpdateUser::default() };
    let refused = world.auth.update_user(user.id, rename, &admin, &world.client).await;
    assert!(matches!(refused, Err(AdminError::Taken)), "{refused:?}");
}

#[tokio::test]
async fn nobody_locks_the_own_account() {
    let world = world();
    let admin = world.admin("root").await;
    let id = admin.user.id;
    let demote = UpdateUser { role: Some(Role::User), ..UpdateUser::default() };
    let deactivate = UpdateUser { is_active: Some(false), ..UpdateUser::default() };
    for refused in [
        world.auth.delete_user(id, &admin, &world.client).await.err(),
        world.auth.deactivate_user(id, &admin, &world.client).await.err(),
        world.auth.update_user(id, demote, &admin, &world.client).await.err(),
        world.auth.update_user(id, deactivate, &admin, &world.client).await.err(),
    ] {
        assert!(matches!(refused, Some(AdminError::SelfAction(_))), "{refused:?}");
    }
    let same = UpdateUser { role: Some(Role::Admin), is_active: Some(true), ..UpdateUser::default() };
    world.auth.update_user(id, same, &admin, &world.client).await.unwrap();
}

#[tokio::test]
async fn two_administrators_cannot_remove_each_other() {
    let world = world();
    let (one, two) = (world.admin("one").await, world.admin("two").await);
    let demote = || UpdateUser { role: Some(Role::User), ..UpdateUser::default() };
    // Both were administrators when their requests came in.
    world.auth.update_user(two.user.id, demote(), &one, &world.client).await.unwrap();
    let refused = world.auth.update_user(one.user.id, demote(), &two, &world.client).await;
    assert!(matches!(refused, Err(AdminError::LastAdmin)), "{refused:?}");
    for refused in [
        world.auth.deactivate_user(one.user.id, &two, &world.client).await.err(),
        world.auth.delete_user(one.user.id, &two, &world.client).await.err(),
    ] {
        assert!(matches!(refused, Some(AdminError::LastAdmin)), "{refused:?}");
    }
}

#[tokio::test]
async fn an_account_that_an_administrator_touched_is_no_claim_any_more() {
    let world = world();
    let admin = world.admin("root").await;
    let pending = world.register("grace").await;
    world.auth.deactivate_user(pending.id, &admin, &world.client).await.unwrap();
    assert!(world.try_register("grace", "grace").await.is_err());
    let code = world.code_for("grace").await;
    assert!(world.try_verify("grace", code).await.is_err(), "an inactive account proves nothing");
    assert!(world.try_log_in("grace", PASSWORD, &world.client).await.is_err());
}

#[tokio::test]
async fn lists_are_filtered_and_counted() {
    let world = world();
    let admin = world.admin("root").await;
    for name in ["ada", "grace", "katherine"] {
        world.verified(name).await;
    }
    world.register("late").await;
    let names = async |filter: UserFilter| {
        let page = world.auth.list_users(&filter, &admin, &world.client).await.unwrap();
        let names: Vec<_> = page.users.iter().map(|user| user.username.to_string()).collect();
        (names.join(" "), page.total)
    };
    assert_eq!(names(everybody()).await, ("root ada grace katherine late".into(), 5));
    assert_eq!(names(UserFilter { skip: 1, limit: 2, ..everybody() }).await, ("ada grace".into(), 5));
    assert_eq!(names(UserFilter { query: Some("RACE".into()), ..everybody() }).await, ("grace".into(), 1));
    assert_eq!(names(UserFilter { query: Some("%".into()), ..everybody() }).await, (String::new(), 0));
    assert_eq!(names(UserFilter { is_verified: Some(false), ..everybody() }).await, ("late".into(), 1));
    assert_eq!(names(UserFilter { role: Some(Role::Admin), ..everybody() }).await, ("root".into(), 1));
}

#[tokio::test]
async fn sessions_of_anybody_are_listed_and_ended() {
    let world = world();
    let admin = world.admin("root").await;
    let (tokens, user) = world.signed_in("grace").await;
    let id = user.user.id;
    assert_eq!(world.auth.list_user_sessions(id, &admin, &world.client).await.unwrap().len(), 1);
    assert_eq!(world.auth.revoke_user_sessions(id, &admin, &world.client).await.unwrap(), 1);
    assert!(!world.is_live(&tokens).await);
    assert_eq!(world.auth.revoke_user_sessions(id, &admin, &world.client).await.unwrap(), 0);
    let nobody = UserId(i64::MAX);
    assert!(matches!(
        world.auth.list_user_sessions(nobody, &admin, &world.client).await,
        Err(AdminError::NotFound)
    ));
    let refused = world.auth.revoke_user_sessions(nobody, &admin, &world.client).await;
    assert!(matches!(refused, Err(AdminError::NotFound)));
}
