//! Reads a crate's sources into its modules, and finds which file imports which.
//!
//! Only what ships is read: items under `#[cfg(test)]` are skipped. A name that a module re-exports
//! belongs to the file that defines it, so importing through a facade is no import of the facade.

use proc_macro2::{Span, TokenStream, TokenTree};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};
use syn::{
    Attribute, Item, ItemMod, ItemUse, UseTree, Visibility, spanned::Spanned, visit, visit::Visit,
};

/// One crate of the workspace: its modules by path (`["flow", "send"]`; the root is empty).
pub struct Crate {
    /// As other crates import it: `atsi_proxy`.
    pub name: &'static str,
    modules: BTreeMap<ModulePath, Module>,
}

type ModulePath = Vec<String>;

struct Module {
    file: String,
    /// Names that the module defines itself.
    items: BTreeSet<String>,
    /// Names that it brings into scope, with their paths.
    names: BTreeMap<String, Vec<String>>,
    /// Paths whose every name it brings into scope.
    globs: Vec<Vec<String>>,
    mentions: Vec<Mention>,
}

/// A path that the code writes.
struct Mention {
    path: Vec<String>,
    line: usize,
}

/// One file imports another, or another crate of the workspace.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Import {
    pub from: String,
    pub line: usize,
    pub path: String,
    pub to: Target,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Target {
    File(String),
    Crate(String),
}

impl std::fmt::Display for Import {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{} uses {}", self.from, self.line, self.path)
    }
}

impl Crate {
    /// `root`: the workspace. `roots`: the crate's `lib.rs`, and `main.rs` if it has one.
    pub fn read(root: &Path, name: &'static str, roots: &[&str]) -> Self {
        let mut modules = BTreeMap::new();
        for file in roots {
            let folder = root.join(file).parent().unwrap().to_owned();
            // A program and its library are two roots; the program's gets a name that no module has.
            let module = match file.ends_with("main.rs") && roots.len() > 1 {
                true => vec!["main.rs".to_owned()],
                false => Vec::new(),
            };
            read_file(root, &root.join(file), &folder, module, &mut modules);
        }
        Self { name, modules }
    }

    /// Every import, each once for a line.
    pub fn imports(&self) -> BTreeSet<Import> {
        let mut imports = BTreeSet::new();
        for (at, module) in &self.modules {
            for mention in &module.mentions {
                let Some(to) = self.target(at, &mention.path) else {
                    continue;
                };
                if to != Target::File(module.file.clone()) {
                    imports.insert(Import {
                        from: module.file.clone(),
                        line: mention.line,
                        path: mention.path.join("::"),
                        to,
                    });
                }
            }
        }
        imports
    }

    fn target(&self, at: &[String], path: &[String]) -> Option<Target> {
        let first = path.first()?;
        if first.starts_with("atsi_") && first != self.name {
            return Some(Target::Crate(first.clone()));
        }
        let defined_in = self.resolve(at, path, 0)?;
        Some(Target::File(self.modules.get(&defined_in)?.file.clone()))
    }

    /// The module that defines what a path names, written in the module `at`.
    fn resolve(&self, at: &[String], path: &[String], depth: usize) -> Option<ModulePath> {
        // Names can import each other in a circle.
        if depth > 16 {
            return None;
        }
        let (first, rest) = path.split_first()?;
        match first.as_str() {
            "crate" => self.descend(Vec::new(), rest, depth),
            "self" => self.descend(at.to_vec(), rest, depth),
            "super" => {
                let (_, parent) = at.split_last()?;
                match rest.first().is_some_and(|next| next == "super") {
                    true => self.resolve(parent, rest, depth + 1),
                    false => self.descend(parent.to_vec(), rest, depth),
                }
            }
            name if name == self.name => self.descend(Vec::new(), rest, depth),
            _ => self.find(at, path, depth),
        }
    }

    /// Follows a path down from a module.
    fn descend(&self, at: ModulePath, path: &[String], depth: usize) -> Option<ModulePath> {
        self.modules.get(&at)?;
        match path.is_empty() {
            true => Some(at),
            false => self.find(&at, path, depth).or(Some(at)),
        }
    }

    fn find(&self, at: &[String], path: &[String], depth: usize) -> Option<ModulePath> {
        let module = self.modules.get(at)?;
        let (first, rest) = path.split_first()?;
        let child: ModulePath = at.iter().chain([first]).cloned().collect();
        if self.modules.contains_key(&child) {
            return self.descend(child, rest, depth);
        }
        if module.items.contains(first) {
            return Some(at.to_vec());
        }
        if let Some(imported) = module.names.get(first) {
            let whole: Vec<String> = imported.iter().chain(rest).cloned().collect();
            // `use x;` of a crate of the same name would be looked for here again.
            return match whole == path {
                true => None,
                false => self.resolve(at, &whole, depth + 1),
            };
        }
        module.globs.iter().find_map(|glob| {
            let target = self.resolve(at, glob, depth + 1)?;
            let whole: Vec<String> = path.to_vec();
            (target != at).then(|| self.find(&target, &whole, depth + 1))?
        })
    }
}

fn read_file(
    root: &Path,
    file: &Path,
    folder: &Path,
    at: ModulePath,
    modules: &mut BTreeMap<ModulePath, Module>,
) {
    let source = fs::read_to_string(file)
        .unwrap_or_else(|error| panic!("{} cannot be read: {error}", file.display()));
    let parsed = syn::parse_file(&source)
        .unwrap_or_else(|error| panic!("{} cannot be parsed: {error}", file.display()));
    let name = file.strip_prefix(root).unwrap_or(file);
    let name = name.to_string_lossy().replace('\\', "/");
    let here = file.parent().unwrap_or(folder);
    read_items(root, (&name, here), &parsed.items, folder, at, modules);
}

fn read_items(
    root: &Path,
    (file, here): (&str, &Path),
    items: &[Item],
    folder: &Path,
    at: ModulePath,
    modules: &mut BTreeMap<ModulePath, Module>,
) {
    let mut reader = Reader::default();
    for item in items.iter().filter(|item| !is_for_tests(attributes(item))) {
        if let Item::Mod(module) = item {
            let child: ModulePath = at
                .iter()
                .cloned()
                .chain([module.ident.to_string()])
                .collect();
            let below = folder.join(module.ident.to_string());
            match &module.content {
                Some((_, items)) => read_items(root, (file, here), items, &below, child, modules),
                None => {
                    let (path, below) = file_of(module, here, &below);
                    read_file(root, &path, &below, child, modules);
                }
            }
            continue;
        }
        if let Some(name) = name_of(item) {
            reader.items.insert(name);
        }
        reader.visit_item(item);
    }
    let module = Module {
        file: file.to_owned(),
        items: reader.items,
        names: reader.names,
        globs: reader.globs,
        mentions: reader.mentions,
    };
    modules.insert(at, module);
}

/// Where a module's file is, and the folder of its children. A `path` attribute starts at the file `here`.
fn file_of(module: &ItemMod, here: &Path, below: &Path) -> (PathBuf, PathBuf) {
    let path = module.attrs.iter().find_map(|attribute| {
        let value = &attribute.meta.require_name_value().ok()?.value;
        match value {
            syn::Expr::Lit(syn::ExprLit {
                lit: syn::Lit::Str(path),
                ..
            }) if attribute.path().is_ident("path") => Some(here.join(path.value())),
            _ => None,
        }
    });
    if let Some(path) = path {
        let below = path.parent().unwrap_or(here).to_owned();
        return (path, below);
    }
    let flat = below.with_extension("rs");
    match flat.is_file() {
        true => (flat, below.to_owned()),
        false => (below.join("mod.rs"), below.to_owned()),
    }
}

#[derive(Default)]
struct Reader {
    items: BTreeSet<String>,
    names: BTreeMap<String, Vec<String>>,
    globs: Vec<Vec<String>>,
    mentions: Vec<Mention>,
}

impl Reader {
    fn mention(&mut self, path: Vec<String>, span: Span) {
        let line = span.start().line;
        self.mentions.push(Mention { path, line });
    }

    fn read_use(&mut self, tree: &UseTree, before: &[String], forwards: bool) {
        let with = |name: &dyn ToString| -> Vec<String> {
            before.iter().cloned().chain([name.to_string()]).collect()
        };
        match tree {
            UseTree::Path(path) => self.read_use(&path.tree, &with(&path.ident), forwards),
            UseTree::Group(group) => {
                for tree in &group.items {
                    self.read_use(tree, before, forwards);
                }
            }
            UseTree::Name(_) | UseTree::Rename(_) => {
                let (ident, bound) = match tree {
                    UseTree::Rename(rename) => (&rename.ident, rename.rename.to_string()),
                    UseTree::Name(name) => (&name.ident, name.ident.to_string()),
                    _ => return,
                };
                // `use a::{self}` brings `a` into scope.
                let (path, bound) = match (ident == "self", before.last()) {
                    (true, Some(last)) if bound == "self" => (before.to_vec(), last.clone()),
                    (true, Some(_)) => (before.to_vec(), bound),
                    _ => (with(ident), bound),
                };
                if !forwards {
                    self.mention(path.clone(), tree.span());
                }
                self.names.insert(bound, path);
            }
            UseTree::Glob(glob) => {
                if !forwards {
                    self.mention(before.to_vec(), glob.span());
                }
                self.globs.push(before.to_vec());
            }
        }
    }

    /// Paths in a macro's input, which has no syntax of its own.
    fn read_tokens(&mut self, tokens: TokenStream) {
        let mut path: Vec<String> = Vec::new();
        let mut colons = 0;
        let mut start = None;
        for token in tokens {
            match token {
                TokenTree::Ident(ident) => {
                    if colons != 2 {
                        self.end_path(&mut path, start);
                        start = Some(ident.span());
                    }
                    path.push(ident.to_string());
                    colons = 0;
                }
                TokenTree::Punct(punct) if punct.as_char() == ':' => colons += 1,
                TokenTree::Group(group) => {
                    self.end_path(&mut path, start);
                    colons = 0;
                    self.read_tokens(group.stream());
                }
                _ => {
                    self.end_path(&mut path, start);
                    colons = 0;
                }
            }
        }
        self.end_path(&mut path, start);
    }

    fn end_path(&mut self, path: &mut Vec<String>, start: Option<Span>) {
        let path = std::mem::take(path);
        if let (true, Some(start)) = (path.len() > 1, start) {
            self.mention(path, start);
        }
    }
}

impl<'ast> Visit<'ast> for Reader {
    fn visit_item(&mut self, item: &'ast Item) {
        if !is_for_tests(attributes(item)) {
            visit::visit_item(self, item);
        }
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        let forwards = !matches!(item.vis, Visibility::Inherited);
        self.read_use(&item.tree, &[], forwards);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let segments: Vec<String> = (path.segments.iter())
            .map(|segment| segment.ident.to_string())
            .collect();
        if segments.len() > 1 {
            self.mention(segments, path.span());
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, invoked: &'ast syn::Macro) {
        self.read_tokens(invoked.tokens.clone());
        visit::visit_macro(self, invoked);
    }

    /// What an attribute names (`utoipa`, `serde`) is no import.
    fn visit_attribute(&mut self, _: &'ast Attribute) {}

    /// A macro's definition is read where it is used.
    fn visit_item_macro(&mut self, item: &'ast syn::ItemMacro) {
        if item.ident.is_none() {
            visit::visit_item_macro(self, item);
        }
    }
}

fn is_for_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg")
            && (attribute.parse_args::<syn::Path>()).is_ok_and(|path| path.is_ident("test"))
    })
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

fn name_of(item: &Item) -> Option<String> {
    let ident = match item {
        Item::Const(item) => &item.ident,
        Item::Enum(item) => &item.ident,
        Item::Fn(item) => &item.sig.ident,
        Item::Macro(item) => item.ident.as_ref()?,
        Item::Static(item) => &item.ident,
        Item::Struct(item) => &item.ident,
        Item::Trait(item) => &item.ident,
        Item::Type(item) => &item.ident,
        _ => return None,
    };
    Some(ident.to_string())
}
