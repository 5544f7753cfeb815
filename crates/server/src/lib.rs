//! What both binaries need of a process: log and traces, measurements, and the signal to stop.

mod process;
mod telemetry;

pub use process::{listen, measurements, stop_signal};
pub use telemetry::{Telemetry, start_telemetry};
