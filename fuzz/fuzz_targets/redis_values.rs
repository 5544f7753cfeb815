//! Whatever stands in Redis, or comes over its line between instances: no session is read but one that we sealed for this
//! place, byte for byte; what was read is kept and read again as the same. An input is a session's JSON, or a message.
#![no_main]

use evently_auth_domain::keys::Keys;
use evently_auth_domain::session::Sid;
use evently_auth_redis::fuzzing::{read_session, read_signals, write_session, write_signals};
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;

/// The place, and whose sessions stand in the seeds.
const SID: &str = "AAAAAAAAAAAAAAAAAAAAAA";
const OWNER: &[u8] = b"live:7:";

static KEYS: LazyLock<Keys> = LazyLock::new(|| Keys::derive(b"the secret of the fuzzer"));

fuzz_target!(|input: &[u8]| {
    let (seals, sid) = (&KEYS.session_cache, Sid::parse(SID).unwrap());
    assert_eq!(read_session(seals, &sid, input), None, "made up");
    // With the seal that only we can make the fuzzer gets to what is behind it.
    let sealed = [OWNER, &seals.seal(&sid, input), input].concat();
    if let Some(live) = read_session(seals, &sid, &sealed) {
        assert_eq!((live.session.sid.as_str(), live.user.id.0), (SID, 7));
        let again = write_session(seals, &live).unwrap();
        assert_eq!(read_session(seals, &sid, &again).as_ref(), Some(&live), "kept, and something else");
        assert_eq!(read_session(seals, &Sid::parse(&SID.replace('A', "B")).unwrap(), &again), None);
        let mut changed = again;
        *changed.last_mut().unwrap() ^= 1;
        assert_eq!(read_session(seals, &sid, &changed), None, "changed, and read");
    }
    let signals = read_signals(input);
    assert_eq!(read_signals(write_signals(&signals).as_bytes()), signals);
});
