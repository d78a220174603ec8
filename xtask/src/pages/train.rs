//! Sets the weights by logistic regression.

use anyhow::Result;

pub fn train() -> Result<()> {
    Ok(())
}
