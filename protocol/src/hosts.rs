/// Host names under `greenhouse.io` that are not the recruiting app; the recipe's `except_hosts` are the
/// same. Source: links in Greenhouse's API documentation and job boards.
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
