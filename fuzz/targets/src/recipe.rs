//! A text that claims to be a recipe.

use atsi::page::{
    address::Address,
    recipe::{PortRecipe, Recipe},
};

pub fn target(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let _ = serde_json::from_str::<PortRecipe>(text);
    let Ok(recipe) = serde_json::from_str::<Recipe>(text) else {
        return;
    };
    for (field, ways) in &recipe.fields {
        assert!(recipe.ways(field).count() <= ways.len());
    }
    for host in &recipe.hosts {
        for url in [
            format!("https://{host}/"),
            format!("https://a.{host}/people/1?b=c#d"),
        ] {
            let Some(address) = Address::parse(&url) else {
                continue;
            };
            if recipe.except_hosts.contains(&address.host) {
                assert!(!recipe.is_for(&address));
            }
        }
    }
}
