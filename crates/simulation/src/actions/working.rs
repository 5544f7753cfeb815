//! What the workers' loops do: deliver, sweep, seal.

use crate::call::Touches;
use crate::fixtures::{NEWCOMERS, PEOPLE};
use crate::world::World;
use evently_auth_domain::Auth;
use std::rc::Rc;

impl World {
    /// Delivers at most so many mails that are due.
    pub(crate) async fn deliver(self: &Rc<Self>, mails: u32) {
        let work = move |auth: Rc<Auth>, _| async move { auth.deliver_mails(mails).await.map(drop) };
        self.judge(&self.request("deliver mails", 0, Touches::default(), work).await);
    }

    /// Clears away what has ended; that may be a registration.
    pub(crate) async fn sweep(self: &Rc<Self>) {
        let touches = Touches { people: (NEWCOMERS..PEOPLE).collect(), ..Touches::default() };
        let work = |auth: Rc<Auth>, _| async move { auth.sweep().await.map(drop) };
        self.judge(&self.request("sweep", 0, touches, work).await);
    }

    /// Seals a few rows of the audit.
    pub(crate) async fn seal(self: &Rc<Self>) {
        let work = |auth: Rc<Auth>, _| async move { auth.seal_audit(5).await.map(drop) };
        self.judge(&self.request("seal audit", 0, Touches::default(), work).await);
    }

    /// Removes the need to wait for the end: what was answered as done has its row in the audit, and its mails.
    pub(crate) fn expects(&self, what: &'static str, call: u32) {
        self.oracle.borrow_mut().expected.push((what, call));
    }
}
