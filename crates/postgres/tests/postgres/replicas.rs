//! Who is asked what: a replica for listings, the primary for everything else.

use crate::Database;
use crate::support::config;
use evently_auth_contract::given;
use evently_auth_domain::account::{Identifier, User};
use evently_auth_domain::audit::{AuditAction, AuditFilter, AuditRecord};
use evently_auth_domain::effects::Effects;
use evently_auth_domain::ports::{AuditLog, Outbox, Probe, Sessions, Users};
use evently_auth_postgres::{PgConfig, PgServer, PgStore};
use std::time::{Duration, Instant};

/// A primary with an account, a sealed event and a mail, and a "replica" that knows nothing of them: what is
/// answered tells who was asked.
async fn pair() -> (Database, Database, PgStore, User) {
    let (primary, replica) = (Database::new().await, Database::new().await);
    let ada = primary.add(given::user("ada")).await;
    primary.open_session(&ada, 1).await;
    let store = with_replica(&primary, replica.server.clone());
    (primary, replica, store, ada)
}

fn with_replica(primary: &Database, replica: PgServer) -> PgStore {
    let config = PgConfig { replicas: vec![replica], ..config(&primary.server) };
    PgStore::new(&config, given::audit_key()).unwrap()
}

async fn tell_and_seal(store: &PgStore, action: AuditAction) {
    store.put(Effects::audit(given::event(action))).await.unwrap();
    let rows = store.unsealed(10).await.unwrap();
    assert_eq!(rows.len(), 1);
    let last = store.last_seal().await.unwrap();
    let seal = given::seal(last.as_ref(), &rows);
    assert!(store.append_seal(seal.number - 1, seal.clone(), given::end(&seal)).await.unwrap());
}

#[tokio::test]
async fn listings_ask_a_replica() {
    let (primary, replica, store, _) = pair().await;
    assert_eq!(Users::list(&store, &given::everybody()).await.unwrap().total, 0);
    replica.add(given::user("bob")).await;
    replica.add(given::user("eve")).await;
    assert_eq!(Users::list(&store, &given::everybody()).await.unwrap().total, 2);
    assert_eq!(Users::list(&primary.store, &given::everybody()).await.unwrap().total, 1);
}

#[tokio::test]
async fn whoever_must_see_a_write_asks_the_primary() {
    let (_primary, _replica, store, ada) = pair().await;
    assert_eq!(Users::find(&store, ada.id).await.unwrap().unwrap().id, ada.id);
    let credentials = store.find_credentials(&Identifier::Username(ada.username.clone())).await.unwrap();
    assert_eq!(credentials.unwrap().user.id, ada.id);
    assert!(Sessions::find(&store, &given::sid(1)).await.unwrap().is_some());
    assert_eq!(Sessions::list(&store, ada.id, given::at(1)).await.unwrap().len(), 1);
    tell_and_seal(&store, AuditAction::LoggedIn).await;
    tell_and_seal(&store, AuditAction::LoggedOut).await;
    assert_eq!(store.last_seal().await.unwrap().unwrap().number, 2);
    store.put(Effects::default().mail(given::notice(0))).await.unwrap();
    assert_eq!(Outbox::list(&store, None, 10).await.unwrap().len(), 1);
    assert_eq!(store.stats().await.unwrap().queued, 1);
}

/// A replica that is behind would make what is verified look removed, or put back.
#[tokio::test]
async fn the_audit_is_verified_on_the_primary_and_listed_from_a_replica() {
    let (_primary, replica, store, _) = pair().await;
    tell_and_seal(&store, AuditAction::LoggedIn).await;
    tell_and_seal(&store, AuditAction::LoggedOut).await;
    tell_and_seal(&replica.store, AuditAction::ProfileChanged).await;
    assert_eq!(store.rows_of(1, 0, 10).await.unwrap()[0].event.action, AuditAction::LoggedIn);
    let row = store.rows(0, 1).await.unwrap().remove(0);
    assert!(store.has_twin(&AuditRecord { id: 77, ..row }, 1).await.unwrap());
    assert_eq!(store.rows(0, 10).await.unwrap().len(), 2);
    assert_eq!(store.seals(0, 10).await.unwrap().len(), 2);
    assert_eq!(store.ends().await.unwrap().end.unwrap().link.number, 2);
    let listed = store.search(&AuditFilter::default(), None, 10).await.unwrap();
    assert_eq!((listed.len(), listed[0].event.action), (1, AuditAction::ProfileChanged));
}

#[tokio::test]
async fn a_replica_that_is_away_is_replaced_by_the_primary() {
    let (primary, _replica, _, _) = pair().await;
    // Nobody listens there; somebody listens and says nothing; the database has no tables.
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let silent = listener.local_addr().unwrap().port();
    let here = PgServer { host: "127.0.0.1".to_owned(), ..primary.server.clone() };
    let bare = Database::bare().await;
    for replica in
        [PgServer { port: 1, ..here.clone() }, PgServer { port: silent, ..here }, bare.server.clone()]
    {
        let store = with_replica(&primary, replica);
        let start = Instant::now();
        for _ in 0..5 {
            assert_eq!(Users::list(&store, &given::everybody()).await.unwrap().total, 1);
            store.probe().await.unwrap();
        }
        // It is left alone after the first time.
        assert!(start.elapsed() < Duration::from_secs(4), "{:?}", start.elapsed());
    }
}
