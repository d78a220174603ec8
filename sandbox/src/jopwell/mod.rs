//! Jopwell's employer site: candidate search, profiles, the candidate tracker and jobs.
//!
//! Nothing public tells how the live site's pages are built, so profiles come in five kinds of mark-up on purpose.

pub mod crowd;
pub mod model;
pub mod seed;
