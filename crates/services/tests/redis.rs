//! Redis in its three shapes: started, asked, stopped, killed, frozen, started again, and gone without a trace.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::path::Path;
use std::time::{Duration, Instant};

use evently_auth_services::{Certificates, Error, Redis, RedisCluster, RedisSentinel, Reply};

async fn kept(redis: &Redis) -> bool {
    redis.command(&["GET", "key"]).await.unwrap() == Reply::Text("value".to_owned())
}

#[tokio::test]
async fn keys_survive_a_kill_where_they_are_kept_on_disk() {
    for persistent in [true, false] {
        let redis = Redis::options().persistent(persistent).launch().await.unwrap();
        let port = redis.port();
        redis.command(&["SET", "key", "value"]).await.unwrap();

        redis.kill().await.unwrap();
        assert!(redis.pid().is_none());
        assert!(redis.command(&["PING"]).await.is_err(), "a killed server answers nobody");
        redis.start().await.unwrap();
        assert_eq!(kept(&redis).await, persistent);
        assert_eq!(redis.port(), port);

        redis.restart().await.unwrap();
        assert_eq!(kept(&redis).await, persistent);
        redis.flush().await.unwrap();
        assert!(!kept(&redis).await);
    }
}

#[tokio::test]
async fn a_frozen_server_answers_when_it_is_thawed_or_started_anew() {
    let redis = Redis::options().persistent(true).launch().await.unwrap();
    redis.freeze().unwrap();
    let asked = redis.command(&["SET", "key", "value"]);
    let frost = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        redis.thaw().unwrap();
    };
    let start = Instant::now();
    let (answered, ()) = tokio::join!(asked, frost);
    assert_eq!(answered.unwrap(), Reply::Text("OK".to_owned()));
    assert!(start.elapsed() >= Duration::from_millis(300));

    redis.freeze().unwrap();
    redis.stop().await.unwrap();
    redis.start().await.unwrap();
    assert!(kept(&redis).await);
}

#[tokio::test]
async fn nothing_is_left_when_the_handle_is_dropped() {
    let redis = Redis::launch().await.unwrap();
    let process = Path::new("/proc").join(redis.pid().unwrap().to_string());
    let folder = process.join("cwd").read_link().unwrap();
    redis.freeze().unwrap();
    drop(redis);
    assert!(!process.exists());
    assert!(!folder.exists());
}

#[tokio::test]
async fn a_password_is_asked_for() {
    let redis = Redis::options().password("opensesame").launch().await.unwrap();
    assert!(redis.url().starts_with("redis://:opensesame@127.0.0.1:"));
    let refused = redis.command(&["AUTH", "wrong"]).await.unwrap_err();
    assert!(matches!(refused, Error::Refused { .. }), "{refused}");
}

/// Through all three shapes, for each talks TLS among its parts too.
#[tokio::test]
async fn with_tls_every_connection_is_encrypted() {
    let certificates = Certificates::generate().unwrap();
    let options = Redis::options().tls(certificates.clone()).password("opensesame");
    let folder = tempfile::tempdir().unwrap();
    let authority = folder.path().join("authority.crt");
    std::fs::write(&authority, certificates.authority()).unwrap();

    let (redis, cluster, sentinel) = tokio::try_join!(
        options.clone().launch(),
        RedisCluster::launch_with(options.clone()),
        RedisSentinel::launch_with(1, options),
    )
    .unwrap();
    assert!(redis.url().starts_with("rediss://"));
    for port in [redis.port(), cluster.nodes()[1].port(), sentinel.replica().port()] {
        let pong = |tls: &[&str]| {
            let mut cli = std::process::Command::new("redis-cli");
            cli.args(["-p", &port.to_string(), "-a", "opensesame", "--no-auth-warning"])
                .args(tls)
                .arg("PING");
            String::from_utf8_lossy(&cli.output().unwrap().stdout).contains("PONG")
        };
        assert!(!pong(&[]), "without TLS");
        assert!(pong(&["--tls", "--cacert", authority.to_str().unwrap()]));
    }
}

#[tokio::test]
async fn a_cluster_comes_back_after_losing_a_node_or_all() {
    let cluster = RedisCluster::launch().await.unwrap();
    assert_eq!(cluster.addresses().len(), 3);
    let [first, second, _] = cluster.nodes() else { panic!("three") };
    // CRC16 of `{a}` belongs to the third, of `{b}` to the first.
    let moved = first.command(&["SET", "{a}", "1"]).await.unwrap_err();
    assert!(moved.to_string().contains("MOVED 15495"), "{moved}");
    first.command(&["SET", "{b}", "1"]).await.unwrap();

    second.kill().await.unwrap();
    second.start().await.unwrap();
    cluster.start().await.unwrap();
    cluster.flush().await.unwrap();

    cluster.freeze().unwrap();
    cluster.thaw().unwrap();
    cluster.kill().await.unwrap();
    cluster.start().await.unwrap();
    first.command(&["SET", "{b}", "1"]).await.unwrap();
}

#[tokio::test]
async fn three_sentinels_replace_a_dead_master() {
    let watched = RedisSentinel::launch(3).await.unwrap();
    assert_eq!(watched.addresses().len(), 3);
    assert_eq!(watched.master_name(), "mymaster");
    assert_eq!(watched.master_port().await.unwrap(), Some(watched.primary().port()));

    watched.primary().kill().await.unwrap();
    let start = Instant::now();
    while watched.master_port().await.unwrap() != Some(watched.replica().port()) {
        assert!(start.elapsed() < Duration::from_secs(20), "no new master");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    watched.primary().start().await.unwrap();
}
