//! A record of the chain split into its fields by name, so that a field that was removed, or has
//! become another type, costs itself and nothing else.

use std::collections::{BTreeMap, BTreeSet};

use scale_info::PortableRegistry;
use subxt::ext::scale_decode::visitor::decode_with_visitor;
use subxt::ext::scale_decode::visitor::types::{Composite, Variant};
use subxt::ext::scale_decode::{self, DecodeAsType, Visitor};
use subxt::metadata::ArcMetadata;

/// Fields by name, each with its bytes and its type.
type ByName = BTreeMap<String, (Vec<u8>, u32)>;

/// A record by its fields, and the names that were requested without success.
#[derive(Debug)]
pub(super) struct Columns {
    fields: ByName,
    metadata: ArcMetadata,
    missing: BTreeSet<String>,
}

impl Columns {
    /// Takes apart a record, or an option of one.
    pub(super) fn decode(
        mut bytes: &[u8],
        type_id: u32,
        metadata: &ArcMetadata,
    ) -> Result<Option<Self>, scale_decode::Error> {
        let decoded = decode_with_visitor(&mut bytes, type_id, metadata.types(), Fields)?;
        if decoded.is_some() && !bytes.is_empty() {
            let left = format!("{} bytes are left over", bytes.len());
            return Err(scale_decode::Error::custom_string(left));
        }
        Ok(decoded.map(|fields| Self {
            fields,
            metadata: ArcMetadata::clone(metadata),
            missing: BTreeSet::new(),
        }))
    }

    /// A field; none where the record does not have it or its type does not fit.
    pub(super) fn one<T: DecodeAsType>(&mut self, name: &str) -> Option<T> {
        let types = self.metadata.types();
        let value = self
            .fields
            .get(name)
            .and_then(|(bytes, id)| T::decode_as_type(&mut &bytes[..], *id, types).ok());
        if value.is_none() {
            self.missing.insert(name.to_owned());
        }
        value
    }

    /// A field that has one value for each uid; none where it has another number of them. Empty is how
    /// runtimes say that they no longer compute it.
    pub(super) fn all<T: DecodeAsType>(&mut self, name: &str, uids: usize) -> Option<Vec<T>> {
        let values: Vec<T> = self.one(name)?;
        if values.len() == uids {
            return Some(values);
        }
        self.missing.insert(name.to_owned());
        None
    }

    /// Names that were asked for in vain.
    pub(super) fn missing(&self) -> Vec<String> {
        self.missing.iter().cloned().collect()
    }
}

/// Keeps the bytes of every field.
struct Fields;

impl Visitor for Fields {
    type Value<'scale, 'resolver> = Option<ByName>;
    type Error = scale_decode::Error;
    type TypeResolver = PortableRegistry;

    fn visit_composite<'scale, 'resolver>(
        self,
        value: &mut Composite<'scale, 'resolver, PortableRegistry>,
        _: u32,
    ) -> Result<Option<ByName>, Self::Error> {
        let mut fields = ByName::new();
        for field in value.by_ref() {
            let field = field?;
            if let Some(name) = field.name() {
                let held = (field.bytes().to_vec(), *field.type_id());
                fields.insert(name.to_owned(), held);
            }
        }
        Ok(Some(fields))
    }

    fn visit_variant<'scale, 'resolver>(
        self,
        value: &mut Variant<'scale, 'resolver, PortableRegistry>,
        _: u32,
    ) -> Result<Option<ByName>, Self::Error> {
        match value.name() {
            "None" => Ok(None),
            _ => value.fields().decode_item(self).unwrap_or(Ok(None)),
        }
    }
}
