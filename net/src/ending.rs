//! The end of links: all that was queued leaves, and so do last words.

use std::time::{Duration, Instant};

use crate::frame::{Kind, reason};
use crate::link::Link;
use crate::waiting::Waiting;

/// How long the last words may take to leave.
const GOODBYE: Duration = Duration::from_secs(2);

/// Ends links; the others are told why, in at most 200 bytes, if there is something to tell.
pub(crate) fn end(waiting: &mut Waiting, links: &mut [&mut Link], why: Option<&str>) {
    for link in links.iter_mut() {
        if let Some(why) = why {
            link.queue(Kind::Leave, reason(why));
        }
        link.pump();
    }
    let until = Instant::now() + GOODBYE;
    let mut said = false;
    loop {
        for link in links.iter_mut() {
            link.pump();
        }
        if !said && links.iter().all(|link| link.is_flushed() || link.is_closed()) {
            links.iter_mut().for_each(|link| link.close());
            said = true;
            continue;
        }
        // A socket that is dropped while something comes takes back what the other side has not read yet.
        let over = |link: &Link| link.is_closed() || (why.is_none() && link.is_flushed());
        let left = until.saturating_duration_since(Instant::now());
        let all = said && links.iter().all(|link| over(link));
        if all || left.is_zero() || waiting.sleep(left).is_err() {
            return;
        }
    }
}
