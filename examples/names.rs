//! Divides names, one on each line of standard input: `cargo run --example names`. Prints a line for
//! each, with tabs between: `divided`, `asked` or `no-name`, the given name, the family name.

use atsi::page::name::{Division, Hints, Name, divide};
use std::io::{self, BufRead, Write};

fn main() -> io::Result<()> {
    let mut out = io::stdout().lock();
    for line in io::stdin().lock().lines() {
        let (answer, Name { first, last }) = match divide(&line?, &Hints::default()) {
            Division::Divided { name, .. } => ("divided", name),
            Division::Asked { guess, .. } => ("asked", guess),
            Division::NotAName => ("no-name", Name::default()),
        };
        writeln!(out, "{answer}\t{first}\t{last}")?;
    }
    Ok(())
}
