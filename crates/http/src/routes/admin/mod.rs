//! Running the user base. Permission is asked before anything of the request is judged, so that who may not call a
//! route learns nothing from it.

pub(crate) mod audit;
mod audit_paging;
mod paging;
pub(crate) mod sessions;
pub(crate) mod users;
