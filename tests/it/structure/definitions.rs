//! What a file defines: names, doc comments, lengths of functions.

use syn::visit::{self, Visit};
use syn::{
    Attribute, Block, File, ImplItemFn, ItemConst, ItemEnum, ItemFn, ItemMod, ItemStatic,
    ItemStruct, ItemTrait, ItemType, Signature, TraitItemFn, Visibility,
};

use super::source::is_for_tests;

/// A type, a function, a constant or a module.
pub(super) struct Definition {
    pub(super) name: String,
    pub(super) is_type: bool,
    /// `pub`.
    pub(super) is_public: bool,
    /// `pub`, or as far as a part of the crate.
    pub(super) is_shared: bool,
    pub(super) is_documented: bool,
    /// From `fn` to the closing brace; 0 for what is no function.
    pub(super) lines: usize,
}

#[derive(Default)]
struct Definitions(Vec<Definition>);

/// Every definition of a file outside its tests.
pub(super) fn definitions(file: &File) -> Vec<Definition> {
    let mut found = Definitions::default();
    found.visit_file(file);
    found.0
}

/// Whether there is a doc comment among `attributes`.
pub(super) fn has_doc(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|a| a.path().is_ident("doc"))
}

impl Definitions {
    fn enter(
        &mut self,
        name: &syn::Ident,
        visibility: &Visibility,
        attributes: &[Attribute],
        is_type: bool,
    ) {
        self.0.push(Definition {
            name: name.to_string(),
            is_type,
            is_public: matches!(visibility, Visibility::Public(_)),
            is_shared: !matches!(visibility, Visibility::Inherited),
            is_documented: has_doc(attributes),
            lines: 0,
        });
    }

    fn enter_function(
        &mut self,
        signature: &Signature,
        visibility: &Visibility,
        attributes: &[Attribute],
        block: Option<&Block>,
    ) {
        self.enter(&signature.ident, visibility, attributes, false);
        if let (Some(block), Some(last)) = (block, self.0.last_mut()) {
            let end = block.brace_token.span.close().end().line;
            last.lines = end + 1 - signature.fn_token.span.start().line;
        }
    }
}

impl<'ast> Visit<'ast> for Definitions {
    fn visit_item_mod(&mut self, item: &'ast ItemMod) {
        if is_for_tests(&item.attrs) {
            return;
        }
        if item.content.is_some() {
            self.enter(&item.ident, &item.vis, &item.attrs, false);
        }
        visit::visit_item_mod(self, item);
    }

    fn visit_item_fn(&mut self, item: &'ast ItemFn) {
        self.enter_function(&item.sig, &item.vis, &item.attrs, Some(&item.block));
        visit::visit_item_fn(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast ImplItemFn) {
        self.enter_function(&item.sig, &item.vis, &item.attrs, Some(&item.block));
        visit::visit_impl_item_fn(self, item);
    }

    fn visit_trait_item_fn(&mut self, item: &'ast TraitItemFn) {
        let private = Visibility::Inherited;
        self.enter_function(&item.sig, &private, &item.attrs, item.default.as_ref());
        visit::visit_trait_item_fn(self, item);
    }

    fn visit_item_struct(&mut self, item: &'ast ItemStruct) {
        self.enter(&item.ident, &item.vis, &item.attrs, true);
    }

    fn visit_item_enum(&mut self, item: &'ast ItemEnum) {
        self.enter(&item.ident, &item.vis, &item.attrs, true);
    }

    fn visit_item_type(&mut self, item: &'ast ItemType) {
        self.enter(&item.ident, &item.vis, &item.attrs, true);
    }

    fn visit_item_trait(&mut self, item: &'ast ItemTrait) {
        self.enter(&item.ident, &item.vis, &item.attrs, true);
        visit::visit_item_trait(self, item);
    }

    fn visit_item_const(&mut self, item: &'ast ItemConst) {
        self.enter(&item.ident, &item.vis, &item.attrs, false);
    }

    fn visit_item_static(&mut self, item: &'ast ItemStatic) {
        self.enter(&item.ident, &item.vis, &item.attrs, false);
    }
}
