//! Looking for events.

use crate::StoreHarness;
use crate::given::{INSTANT, at, event};
use chrono::DateTime;
use evently_auth_domain::account::UserId;
use evently_auth_domain::audit::{AuditAction, AuditEvent, AuditFilter, AuditOutcome, AuditRecord};
use evently_auth_domain::effects::Effects;

/// Events that differ in everything that is filtered by.
async fn events(store: &StoreHarness) -> Vec<AuditRecord> {
    for number in 0..24_u8 {
        let id = i64::from(number);
        let action = if number % 3 == 0 { AuditAction::LoggedIn } else { AuditAction::SessionMoved };
        let event = AuditEvent {
            at: at(id),
            outcome: if number % 4 == 0 { AuditOutcome::Failure } else { AuditOutcome::Success },
            actor: (number % 2 == 0).then_some(UserId(id % 6)),
            subject: (number % 5 == 0).then_some(UserId(id % 10)),
            ip_address: format!("2001:db8::{}", number % 7).parse().ok().filter(|_| number != 7),
            request_id: (number != 8).then(|| format!("request-{}", number % 8)),
            ..event(action)
        };
        store.outbox.put(Effects::audit(event)).await.unwrap();
    }
    store.audit().await
}

async fn found(store: &StoreHarness, filter: &AuditFilter) -> Vec<AuditRecord> {
    store.audit_log.search(filter, None, 100).await.unwrap()
}

/// From where the last page ended, whatever was written meanwhile; what is late has its place by its time.
pub async fn events_come_newest_first_and_in_pages(store: StoreHarness) {
    let mut all = events(&store).await;
    all.reverse();
    let filter = AuditFilter::default();
    assert_eq!(found(&store, &filter).await, all);
    let find = async |before, limit| store.audit_log.search(&filter, before, limit).await.unwrap();
    let first = find(None, 10).await;
    assert_eq!(first, all[..10]);
    for seconds in [60, 0] {
        let late = AuditEvent { at: at(seconds), ..event(AuditAction::LoggedOut) };
        store.outbox.put(Effects::audit(late)).await.unwrap();
    }
    let late = store.audit().await.pop().unwrap();
    let place = |row: &AuditRecord| Some((row.event.at, row.id));
    assert_eq!(find(place(&first[9]), 10).await, all[10..20]);
    assert_eq!(
        find(place(&all[19]), 10).await,
        [&all[20..23], std::slice::from_ref(&late), &all[23..]].concat()
    );
    assert_eq!(find(place(&late), 10).await, all[23..]);
    assert_eq!(find(place(&all[23]), 10).await, []);
}

/// By the rule that the filter itself is.
pub async fn every_filter_leaves_what_matches(store: StoreHarness) {
    let all = events(&store).await;
    let any = AuditFilter::default;
    let filters = [
        AuditFilter { actor: Some(UserId(0)), ..any() },
        AuditFilter { subject: Some(UserId(5)), ..any() },
        AuditFilter { action: Some(AuditAction::LoggedIn), ..any() },
        AuditFilter { outcome: Some(AuditOutcome::Success), ..any() },
        AuditFilter { outcome: Some(AuditOutcome::Failure), ..any() },
        AuditFilter { ip_address: "2001:db8::3".parse().ok(), ..any() },
        AuditFilter { request_id: Some("request-5".to_owned()), ..any() },
        AuditFilter { since: Some(at(20)), ..any() },
        AuditFilter { until: Some(at(3)), ..any() },
    ];
    let mut together = any();
    for filter in filters {
        let expected: Vec<_> = all.iter().rev().filter(|row| filter.matches(&row.event)).cloned().collect();
        assert!((1..24).contains(&expected.len()), "{filter:?}");
        assert_eq!(found(&store, &filter).await, expected, "{filter:?}");
        together.actor = together.actor.or(filter.actor);
        together.action = together.action.or(filter.action);
        together.since = together.since.or(filter.since.map(|_| at(1)));
    }
    let expected: Vec<_> = all.iter().rev().filter(|row| together.matches(&row.event)).cloned().collect();
    assert!(!expected.is_empty());
    assert_eq!(found(&store, &together).await, expected);
    let nothing = AuditFilter { actor: Some(UserId(77)), ..any() };
    assert_eq!(found(&store, &nothing).await, []);
    let strange = AuditFilter { request_id: Some("a\0".to_owned()), ..any() };
    assert_eq!(found(&store, &strange).await, []);
}

/// To the microsecond: the beginning belongs to it, the end does not.
pub async fn a_time_of_day_has_a_beginning_and_an_end(store: StoreHarness) {
    events(&store).await;
    let between = async |since, until| {
        let filter = AuditFilter { since: Some(since), until: Some(until), ..AuditFilter::default() };
        found(&store, &filter).await.into_iter().map(|row| row.event.at).collect::<Vec<_>>()
    };
    assert_eq!(between(at(3), at(5)).await, [at(4), at(3)]);
    assert_eq!(between(at(3) + INSTANT, at(5) + INSTANT).await, [at(5), at(4)]);
    assert!(between(at(3), at(3)).await.is_empty());
}

/// At the ends of what may be asked for, there is everything or nothing.
pub async fn times_and_places_may_be_far_away(store: StoreHarness) {
    let mut all = events(&store).await;
    all.reverse();
    let [first, last] = ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z"]
        .map(|time| DateTime::parse_from_rfc3339(time).unwrap().to_utc());
    for id in [i64::MIN, 0, i64::MAX] {
        for (place, expected) in [((last, id), &all[..]), ((first, id), &[])] {
            let found = store.audit_log.search(&AuditFilter::default(), Some(place), 100).await;
            assert_eq!(found.unwrap(), expected, "{place:?}");
        }
    }
    for (since, until, expected) in
        [(first, last, &all[..]), (last, last, &[]), (first, first, &[]), (last, first, &[])]
    {
        let filter = AuditFilter { since: Some(since), until: Some(until), ..AuditFilter::default() };
        assert_eq!(found(&store, &filter).await, expected, "{since} to {until}");
    }
}
