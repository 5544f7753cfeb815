//! Mails on their way: tried again, given up, not worth sending any more.

use crate::world::{email, world};
use chrono::TimeDelta;
use evently_auth_domain::mail::{MailEntry, MailStatus};
use evently_auth_domain::usecases::DeliveryReport;
use evently_auth_memory::InboxFailure;

#[tokio::test]
async fn a_mail_is_sent_once() {
    let world = world();
    world.register("grace").await;
    let report = world.auth.deliver_mails(10).await.unwrap();
    assert_eq!(report, DeliveryReport { sent: 1, ..DeliveryReport::default() });
    assert_eq!(world.auth.deliver_mails(10).await.unwrap(), DeliveryReport::default());
    assert_eq!(world.auth.mail_queue().await.unwrap().queued, 0);
}

#[tokio::test]
async fn a_lease_that_ended_is_claimed_again_with_the_same_message_id() {
    let world = world();
    world.register("grace").await;
    let first = world.auth.claim_mails(10).await.unwrap();
    assert_eq!(world.auth.claim_mails(10).await.unwrap(), []);
    world.wait(TimeDelta::seconds(60));
    let second = world.auth.claim_mails(10).await.unwrap();
    assert_eq!(second[0].mail.message_id, first[0].mail.message_id);
    world.auth.deliver_mail(&second[0]).await.unwrap();
    // Who held it before may still send it; nothing is undone by that.
    world.auth.deliver_mail(&first[0]).await.unwrap();
    let sent = world.memory.inbox().to("grace@example.com");
    assert!(sent.iter().all(|mail| mail.message_id == first[0].mail.message_id));
    assert_eq!(world.auth.list_mails(Some(MailStatus::Sent), 10).await.unwrap().len(), 1);
}

async fn only(world: &crate::world::World) -> MailEntry {
    world.auth.list_mails(None, 10).await.unwrap().remove(0)
}

#[tokio::test]
async fn a_busy_server_is_tried_again_until_it_is_given_up() {
    let world = world();
    let admin = world.admin("root").await;
    world.memory.inbox().set_failure(Some(InboxFailure::Temporary));
    let change = evently_auth_domain::usecases::admin::UpdateUser {
        email: Some(email("moved")),
        ..Default::default()
    };
    world.auth.update_user(admin.user.id, change, &admin, &world.client).await.unwrap();
    for attempt in 1..=9 {
        let before = world.auth.deliver_mails(10).await.unwrap();
        if attempt < 9 {
            assert_eq!(before.retried, 2, "attempt {attempt}");
            assert_eq!(world.auth.deliver_mails(10).await.unwrap(), DeliveryReport::default());
            world.wait(TimeDelta::hours(9));
        } else {
            assert_eq!(before.dead, 2);
        }
    }
    assert_eq!(world.auth.mail_queue().await.unwrap().dead, 2);
    let dead = only(&world).await;
    assert_eq!((dead.status, dead.attempts), (MailStatus::Dead, 9));
    assert!(dead.last_error.unwrap().contains("given up after 9 attempts"));

    world.memory.inbox().set_failure(None);
    assert_eq!(world.auth.retry_mails(Some(&[dead.id])).await.unwrap(), 1);
    assert_eq!(world.auth.deliver_mails(10).await.unwrap().sent, 1);
    assert_eq!(world.auth.retry_mails(None).await.unwrap(), 1);
    assert_eq!(world.auth.deliver_mails(10).await.unwrap().sent, 1);
}

/// A lease that was slept over counts for nothing, although its attempt has the number of the latest one.
#[tokio::test]
async fn an_attempt_from_before_a_requeue_changes_nothing() {
    let world = world();
    world.register("grace").await;
    let late = world.auth.claim_mails(1).await.unwrap().remove(0);
    world.wait(TimeDelta::seconds(60));
    world.memory.inbox().set_failure(Some(InboxFailure::Permanent));
    assert_eq!(world.auth.deliver_mails(1).await.unwrap().dead, 1);
    assert_eq!(world.auth.retry_mails(None).await.unwrap(), 1);
    let latest = world.auth.claim_mails(1).await.unwrap().remove(0);
    assert_eq!((late.id, late.attempt), (latest.id, latest.attempt));
    world.auth.deliver_mail(&late).await.unwrap();
    assert_eq!(only(&world).await.status, MailStatus::Queued);
    world.memory.inbox().set_failure(None);
    world.auth.deliver_mail(&latest).await.unwrap();
    assert_eq!(only(&world).await.status, MailStatus::Sent);
}

#[tokio::test]
async fn an_unknown_recipient_is_given_up_at_once_and_delays_nobody() {
    let world = world();
    world.register("grace").await;
    world.memory.inbox().set_failure(Some(InboxFailure::Permanent));
    assert_eq!(world.auth.deliver_mails(10).await.unwrap().dead, 1);
    world.memory.inbox().set_failure(None);
    world.register("other").await;
    assert_eq!(world.auth.deliver_mails(10).await.unwrap().sent, 1);
}

#[tokio::test]
async fn a_code_that_ended_is_not_sent() {
    let world = world();
    world.register("grace").await;
    world.wait(TimeDelta::minutes(10));
    assert_eq!(world.auth.deliver_mails(10).await.unwrap().expired, 1);
    assert_eq!(only(&world).await.status, MailStatus::Expired);
    assert_eq!(world.memory.inbox().all(), []);
}

#[tokio::test]
async fn the_sweep_removes_sent_and_expired_mails_after_a_week() {
    let world = world();
    world.register("sent").await;
    assert_eq!(world.auth.deliver_mails(10).await.unwrap().sent, 1);
    world.register("expired").await;
    world.wait(TimeDelta::minutes(10));
    assert_eq!(world.auth.deliver_mails(10).await.unwrap().expired, 1);
    world.register("dead").await;
    world.memory.inbox().set_failure(Some(InboxFailure::Permanent));
    assert_eq!(world.auth.deliver_mails(10).await.unwrap().dead, 1);
    world.register("queued").await;

    world.wait(TimeDelta::days(7) - TimeDelta::minutes(10));
    assert_eq!(world.auth.sweep().await.unwrap().mails, 0);
    world.wait(TimeDelta::seconds(1));
    assert_eq!(world.auth.sweep().await.unwrap().mails, 2);
    world.wait(TimeDelta::days(30));
    assert_eq!(world.auth.sweep().await.unwrap().mails, 0);
    let kept = world.auth.list_mails(None, 10).await.unwrap();
    let kept: Vec<_> = kept.into_iter().map(|mail| mail.status).collect();
    assert_eq!(kept, [MailStatus::Queued, MailStatus::Dead]);
}

#[tokio::test]
async fn codes_go_before_notices() {
    let world = world();
    let admin = world.admin("root").await;
    let change = evently_auth_domain::usecases::admin::UpdateUser {
        email: Some(email("moved")),
        ..Default::default()
    };
    world.auth.update_user(admin.user.id, change, &admin, &world.client).await.unwrap();
    world.wait(TimeDelta::seconds(1));
    world.register("grace").await;
    let claimed = world.auth.claim_mails(1).await.unwrap();
    assert_eq!(claimed[0].mail.to, email("grace"));
}

#[tokio::test]
async fn a_waiting_mail_shows_no_code() {
    let world = world();
    world.register("grace").await;
    let job = world.auth.claim_mails(1).await.unwrap().remove(0);
    world.auth.deliver_mail(&job).await.unwrap();
    let code = world.memory.inbox().code_for("grace@example.com").unwrap();
    let sealed = String::from_utf8_lossy(&job.mail.payload).into_owned();
    assert!(!sealed.contains(&code) && !format!("{job:?}").contains(&code));
}
