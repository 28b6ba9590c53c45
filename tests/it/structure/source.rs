//! The modules of `src` as `syn` reads them, and where a path leads to.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use syn::{Attribute, File, Item, UseTree};

/// A module's path without `crate`: empty for the root.
pub(super) type ModulePath = Vec<String>;

/// One file of `src`.
pub(super) struct Source {
    /// Relative to `src`.
    pub(super) name: String,
    pub(super) module: ModulePath,
    pub(super) syntax: File,
}

/// What a path names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Target {
    Module(ModulePath),
    /// An item, or what belongs to one, by the index of the file that defines it.
    Item(usize),
}

#[derive(Default)]
struct Scope {
    file: usize,
    children: BTreeSet<String>,
    items: BTreeSet<String>,
    imports: BTreeMap<String, Vec<ModulePath>>,
    globs: Vec<ModulePath>,
}

/// All modules of the library.
pub(super) struct Library {
    pub(super) files: Vec<Source>,
    scopes: BTreeMap<ModulePath, Scope>,
}

impl Source {
    /// The top-level module that the file belongs to; empty for `lib.rs`.
    pub(super) fn room(&self) -> &str {
        self.module.first().map_or("", String::as_str)
    }
}

impl Library {
    pub(super) fn read() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let mut names = Vec::new();
        list(&root, &mut names);
        names.sort();
        let files: Vec<Source> = names
            .into_iter()
            .map(|path| {
                let name = path.strip_prefix(&root).unwrap().to_str().unwrap();
                let text = std::fs::read_to_string(&path).unwrap();
                Source {
                    name: name.to_owned(),
                    module: module_of(name),
                    syntax: syn::parse_file(&text).unwrap_or_else(|e| panic!("{name}: {e}")),
                }
            })
            .filter(|file| file.room() != "bin")
            .collect();
        let mut library = Self {
            files,
            scopes: BTreeMap::new(),
        };
        let mut scopes = BTreeMap::new();
        for (index, file) in library.files.iter().enumerate() {
            enter(&mut scopes, index, &file.module, &file.syntax.items);
        }
        library.scopes = scopes;
        library
    }

    /// Where `path`, written in `module`, leads to; nothing where it leaves the crate.
    pub(super) fn resolve(&self, module: &[String], path: &[String]) -> Option<Target> {
        self.resolve_within(module, path, 24)
    }

    fn resolve_within(&self, module: &[String], path: &[String], depth: usize) -> Option<Target> {
        let depth = depth.checked_sub(1)?;
        let (mut at, mut rest) = (module.to_vec(), path);
        match rest.first()?.as_str() {
            "crate" => {
                at.clear();
                rest = &rest[1..];
            }
            "self" => rest = &rest[1..],
            _ => {}
        }
        while rest.first().is_some_and(|name| name == "super") {
            at.pop();
            rest = &rest[1..];
        }
        self.walk(at, rest, depth)
    }

    fn walk(&self, at: ModulePath, rest: &[String], depth: usize) -> Option<Target> {
        let Some(name) = rest.first() else {
            return Some(Target::Module(at));
        };
        let scope = self.scopes.get(&at)?;
        let is_last = rest.len() == 1;
        let child = || [at.as_slice(), std::slice::from_ref(name)].concat();
        if !is_last && scope.children.contains(name) {
            return self.walk(child(), &rest[1..], depth);
        }
        if scope.items.contains(name) {
            return Some(Target::Item(scope.file));
        }
        let mut module = None;
        for import in scope.imports.get(name).into_iter().flatten() {
            match self.resolve_within(&at, import, depth) {
                Some(Target::Item(file)) => return Some(Target::Item(file)),
                Some(Target::Module(to)) if !is_last => return self.walk(to, &rest[1..], depth),
                Some(Target::Module(to)) => module = Some(to),
                None => {}
            }
        }
        if module.is_none() && scope.children.contains(name) {
            module = Some(child());
        }
        if module.is_some() {
            return module.map(Target::Module);
        }
        scope
            .globs
            .iter()
            .find_map(|glob| match self.resolve_within(&at, glob, depth)? {
                Target::Module(to) => self.walk(to, rest, depth.checked_sub(1)?),
                Target::Item(_) => None,
            })
    }
}

/// Whether an item is built for tests alone.
pub(super) fn is_for_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg")
            && attribute
                .meta
                .require_list()
                .is_ok_and(|list| list.tokens.to_string() == "test")
    })
}

/// Every name that a `use` brings in, with the path it stands for; `*` for a glob.
pub(super) fn imports(tree: &UseTree) -> Vec<(String, ModulePath)> {
    fn descend(tree: &UseTree, before: &[String], found: &mut Vec<(String, ModulePath)>) {
        let with = |name: String| [before, &[name]].concat();
        match tree {
            UseTree::Path(path) => descend(&path.tree, &with(path.ident.to_string()), found),
            UseTree::Name(name) if name.ident == "self" => {
                found.push((before.last().cloned().unwrap_or_default(), before.to_vec()));
            }
            UseTree::Name(name) => {
                found.push((name.ident.to_string(), with(name.ident.to_string())))
            }
            UseTree::Rename(rename) if rename.ident == "self" => {
                found.push((rename.rename.to_string(), before.to_vec()));
            }
            UseTree::Rename(rename) => {
                found.push((rename.rename.to_string(), with(rename.ident.to_string())));
            }
            UseTree::Glob(_) => found.push(("*".to_owned(), before.to_vec())),
            UseTree::Group(group) => {
                for tree in &group.items {
                    descend(tree, before, found);
                }
            }
        }
    }
    let mut found = Vec::new();
    descend(tree, &[], &mut found);
    found
}

fn list(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            list(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

fn module_of(name: &str) -> ModulePath {
    let mut path: ModulePath = name
        .trim_end_matches(".rs")
        .split('/')
        .map(str::to_owned)
        .collect();
    if path
        .last()
        .is_some_and(|last| last == "mod" || last == "lib")
    {
        path.pop();
    }
    path
}

fn enter(
    scopes: &mut BTreeMap<ModulePath, Scope>,
    file: usize,
    module: &ModulePath,
    items: &[Item],
) {
    let mut scope = Scope {
        file,
        ..Scope::default()
    };
    for item in items {
        match item {
            Item::Mod(inner) if is_for_tests(&inner.attrs) => {}
            Item::Mod(inner) => {
                let name = inner.ident.to_string();
                scope.children.insert(name.clone());
                if let Some((_, items)) = &inner.content {
                    let path = [module.as_slice(), &[name]].concat();
                    enter(scopes, file, &path, items);
                }
            }
            Item::Use(import) => {
                for (name, path) in imports(&import.tree) {
                    if name == "*" {
                        scope.globs.push(path);
                    } else {
                        scope.imports.entry(name).or_default().push(path);
                    }
                }
            }
            other => scope.items.extend(name_of(other)),
        }
    }
    scopes.insert(module.clone(), scope);
}

fn name_of(item: &Item) -> Option<String> {
    Some(match item {
        Item::Const(item) => item.ident.to_string(),
        Item::Enum(item) => item.ident.to_string(),
        Item::Fn(item) => item.sig.ident.to_string(),
        Item::Static(item) => item.ident.to_string(),
        Item::Struct(item) => item.ident.to_string(),
        Item::Trait(item) => item.ident.to_string(),
        Item::Type(item) => item.ident.to_string(),
        Item::Union(item) => item.ident.to_string(),
        Item::Macro(item) => item.ident.as_ref()?.to_string(),
        _ => return None,
    })
}
