//! Who uses whom: every path in a file, resolved to the file that defines what it names.

use std::collections::BTreeMap;

use proc_macro2::{TokenStream, TokenTree};
use syn::visit::{self, Visit};
use syn::{Attribute, ItemMod, ItemUse, Macro, Meta, Visibility};

use super::source::{Library, ModulePath, Target, imports, is_for_tests};

/// One file that uses another.
pub(super) struct Arrow {
    pub(super) from: usize,
    pub(super) to: usize,
    /// A path that makes the arrow, as it is written.
    pub(super) path: String,
    /// The file only hands the name on (`pub use`), so that users of the name use its definition.
    pub(super) is_handed_on: bool,
}

struct Paths<'a> {
    library: &'a Library,
    file: usize,
    module: ModulePath,
    found: BTreeMap<(usize, bool), String>,
}

/// Every arrow between two files, once.
pub(super) fn arrows(library: &Library) -> Vec<Arrow> {
    let mut all = Vec::new();
    for (from, file) in library.files.iter().enumerate() {
        let mut paths = Paths {
            library,
            file: from,
            module: file.module.clone(),
            found: BTreeMap::new(),
        };
        paths.visit_file(&file.syntax);
        for ((to, is_handed_on), path) in paths.found {
            all.push(Arrow {
                from,
                to,
                path,
                is_handed_on,
            });
        }
    }
    all
}

impl Paths<'_> {
    fn enter(&mut self, path: &[String], is_handed_on: bool) {
        if let Some(Target::Item(to)) = self.library.resolve(&self.module, path)
            && to != self.file
        {
            self.found
                .entry((to, is_handed_on))
                .or_insert_with(|| path.join("::"));
        }
    }

    /// Paths among the tokens of a macro or an attribute, which `syn` leaves as they are.
    fn enter_tokens(&mut self, tokens: TokenStream) {
        let mut path: Vec<String> = Vec::new();
        let mut colons = 0;
        for token in tokens {
            match token {
                TokenTree::Ident(name) => {
                    if colons != 2 {
                        self.enter(&std::mem::take(&mut path), false);
                    }
                    path.push(name.to_string());
                    colons = 0;
                    continue;
                }
                TokenTree::Punct(mark) if mark.as_char() == ':' => {
                    colons += 1;
                    continue;
                }
                TokenTree::Group(group) => self.enter_tokens(group.stream()),
                TokenTree::Literal(literal) => {
                    // serde names functions and modules in strings.
                    let text = literal.to_string();
                    if let Ok(named) = syn::parse_str::<syn::Path>(text.trim_matches('"')) {
                        self.visit_path(&named);
                    }
                }
                TokenTree::Punct(_) => {}
            }
            self.enter(&std::mem::take(&mut path), false);
            colons = 0;
        }
        self.enter(&path, false);
    }
}

impl<'ast> Visit<'ast> for Paths<'_> {
    fn visit_item_mod(&mut self, module: &'ast ItemMod) {
        if is_for_tests(&module.attrs) {
            return;
        }
        self.module.push(module.ident.to_string());
        visit::visit_item_mod(self, module);
        self.module.pop();
    }

    fn visit_item_use(&mut self, import: &'ast ItemUse) {
        let is_handed_on = !matches!(import.vis, Visibility::Inherited);
        for (_, path) in imports(&import.tree) {
            self.enter(&path, is_handed_on);
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let names: ModulePath = path.segments.iter().map(|s| s.ident.to_string()).collect();
        self.enter(&names, false);
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, call: &'ast Macro) {
        self.enter_tokens(call.tokens.clone());
        visit::visit_macro(self, call);
    }

    fn visit_attribute(&mut self, attribute: &'ast Attribute) {
        if let Meta::List(list) = &attribute.meta {
            self.enter_tokens(list.tokens.clone());
        }
    }
}
