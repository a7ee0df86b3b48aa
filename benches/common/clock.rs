//! Time on the processor.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// How long this thread has had the processor.
pub fn time_at_work() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.cast_unsigned(), u32::try_from(time.tv_nsec).unwrap())
}
