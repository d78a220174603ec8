/// Names under `greenhouse.io` that are not the recruiting app. Source: links in Greenhouse's own API
/// documentation and job boards. The recipe's `except_hosts` are these.
pub const NOT_THE_APP: [&str; 11] = [
    "boards",
    "job-boards",
    "boards-api",
    "api",
    "harvest",
    "onboarding",
    "support",
    "developers",
    "www",
    "auth",
    "cdn",
];
