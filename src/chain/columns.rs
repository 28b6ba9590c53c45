//! A record of the chain taken apart by the names of its fields, so that one that has gone, or has
//! become another type, costs itself and nothing else.

use std::collections::{BTreeMap, BTreeSet};

use scale_info::PortableRegistry;
use subxt::ext::scale_decode::visitor::decode_with_visitor;
use subxt::ext::scale_decode::visitor::types::{Composite, Variant};
use subxt::ext::scale_decode::{self, DecodeAsType, Visitor};
use subxt::metadata::Metadata;

/// Fields by name, each with its bytes and its type.
#[derive(Debug, Default)]
pub(super) struct Columns {
    fields: BTreeMap<String, (Vec<u8>, u32)>,
    missing: BTreeSet<String>,
}

impl Columns {
    /// Whether there is a field of that name.
    pub(super) fn has(&self, name: &str) -> bool {
        self.fields.contains_key(name)
    }

    /// A field; none where the record does not have it or its type does not fit.
    pub(super) fn take<T: DecodeAsType>(&mut self, metadata: &Metadata, name: &str) -> Option<T> {
        let value = self
            .fields
            .get(name)
            .and_then(|(bytes, id)| T::decode_as_type(&mut &bytes[..], *id, metadata.types()).ok());
        if value.is_none() {
            self.missing.insert(name.to_owned());
        }
        value
    }

    /// A field that has one value for each uid; none where it has another number of them. Empty is how
    /// runtimes say that they no longer compute it.
    pub(super) fn column<T: DecodeAsType>(
        &mut self,
        metadata: &Metadata,
        name: &str,
        uids: usize,
    ) -> Option<Vec<T>> {
        let values: Vec<T> = self.take(metadata, name)?;
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

impl Columns {
    /// Takes apart a record, or an option of one.
    pub(super) fn decode(
        mut bytes: &[u8],
        type_id: u32,
        metadata: &Metadata,
    ) -> Result<Option<Self>, scale_decode::Error> {
        let decoded = decode_with_visitor(&mut bytes, type_id, metadata.types(), Fields)?;
        if decoded.is_some() && !bytes.is_empty() {
            let left = format!("{} bytes are left over", bytes.len());
            return Err(scale_decode::Error::custom_string(left));
        }
        Ok(decoded)
    }
}

/// Keeps the bytes of every field.
struct Fields;

impl Visitor for Fields {
    type Value<'scale, 'resolver> = Option<Columns>;
    type Error = scale_decode::Error;
    type TypeResolver = PortableRegistry;

    fn visit_composite<'scale, 'resolver>(
        self,
        value: &mut Composite<'scale, 'resolver, PortableRegistry>,
        _: u32,
    ) -> Result<Option<Columns>, Self::Error> {
        let mut columns = Columns::default();
        for field in value.by_ref() {
            let field = field?;
            if let Some(name) = field.name() {
                let held = (field.bytes().to_vec(), *field.type_id());
                columns.fields.insert(name.to_owned(), held);
            }
        }
        Ok(Some(columns))
    }

    fn visit_variant<'scale, 'resolver>(
        self,
        value: &mut Variant<'scale, 'resolver, PortableRegistry>,
        _: u32,
    ) -> Result<Option<Columns>, Self::Error> {
        match value.name() {
            "None" => Ok(None),
            _ => value.fields().decode_item(self).unwrap_or(Ok(None)),
        }
    }
}
