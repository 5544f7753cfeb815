//! What happened in a schedule, step by step, and a digest of it: two runs are the same when their digests are.

use std::fmt;

/// What a line of the trace speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// A request begins on an instance.
    Begins(&'static str, usize),
    /// A request is answered; how.
    Answered(&'static str, &'static str),
    /// The client learns nothing of how its request ended.
    Lost(&'static str),
    /// A port is called.
    Port(&'static str),
    /// The call fails and has no effect.
    Refused(&'static str),
    /// The call has its effect, and fails.
    AnswerLost(&'static str),
    /// The instance dies in this call, before or after its effect.
    Crash(&'static str, &'static str),
    /// The client goes away; its request is finished all the same.
    HangsUp,
    /// The clock jumps by so many seconds.
    Jump(i64),
}

/// A line of the trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line {
    /// When, in polls.
    pub step: u64,
    /// In which request; 0 outside of any.
    pub call: u32,
    /// What.
    pub event: Event,
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { step, call, event } = self;
        write!(f, "{step:>5} ")?;
        if *call > 0 {
            write!(f, "r{call:<3} ")?;
        } else {
            write!(f, "     ")?;
        }
        match event {
            Event::Begins(what, instance) => write!(f, "{what} on instance {instance}"),
            Event::Answered(what, how) => write!(f, "{what}: {how}"),
            Event::Lost(what) => write!(f, "{what}: no answer"),
            Event::Port(port) => write!(f, "  {port}"),
            Event::Refused(port) => write!(f, "  {port} FAILS without effect"),
            Event::AnswerLost(port) => write!(f, "  {port} has its effect, the answer is LOST"),
            Event::Crash(port, when) => write!(f, "  the instance DIES {when} {port}"),
            Event::HangsUp => write!(f, "the client HANGS UP"),
            Event::Jump(seconds) => write!(f, "the clock JUMPS by {seconds} s"),
        }
    }
}

/// The lines so far.
#[derive(Default)]
pub(crate) struct Trace(Vec<Line>);

impl Trace {
    pub(crate) fn push(&mut self, line: Line) {
        self.0.push(line);
    }

    pub(crate) fn lines(&self) -> &[Line] {
        &self.0
    }

    /// FNV-1a over everything that the lines say.
    pub(crate) fn digest(&self) -> u64 {
        let mut digest = Fnv(0xcbf2_9ce4_8422_2325);
        for Line { step, call, event } in &self.0 {
            digest.number(*step);
            digest.number(u64::from(*call));
            match event {
                Event::Begins(what, instance) => digest.words(1, &[what], *instance as u64),
                Event::Answered(what, how) => digest.words(2, &[what, how], 0),
                Event::Lost(what) => digest.words(3, &[what], 0),
                Event::Port(port) => digest.words(4, &[port], 0),
                Event::Refused(port) => digest.words(5, &[port], 0),
                Event::AnswerLost(port) => digest.words(6, &[port], 0),
                Event::Crash(port, when) => digest.words(7, &[port, when], 0),
                Event::HangsUp => digest.words(8, &[], 0),
                Event::Jump(seconds) => {
                    digest.words(9, &[], seconds.unsigned_abs() * 2 + u64::from(*seconds < 0));
                }
            }
        }
        digest.0
    }
}

struct Fnv(u64);

impl Fnv {
    fn byte(&mut self, byte: u8) {
        self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }

    /// Whole words at a time: it only has to differ.
    fn number(&mut self, number: u64) {
        self.0 = (self.0 ^ number).wrapping_mul(0x0100_0000_01b3);
        self.0 ^= self.0 >> 29;
    }

    fn words(&mut self, kind: u8, words: &[&str], number: u64) {
        self.byte(kind);
        for word in words {
            word.bytes().for_each(|byte| self.byte(byte));
            self.byte(0xff);
        }
        self.number(number);
    }
}
