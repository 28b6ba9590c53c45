//! What a legacy file names, calls and refers to: dictionaries, storages and tensors, and nothing else.

use super::{Global, Machine, Object, Storage, Tensor, Value, refused};
use crate::weights::WeightsError;

/// Items that may be copied from one container to another in all; bounds what few bytes can blow up to.
const MAX_COPIES: usize = 1 << 16;

/// Most numbers a storage may announce: far above PIE-APP, far below any overflow.
const MAX_COUNT: i64 = 1 << 40;

impl Machine<'_> {
    pub(super) fn global(&mut self) -> Result<(), WeightsError> {
        let module = self.line()?;
        let name = self.line()?;
        let global = match (module, name) {
            ("collections", "OrderedDict") => Global::OrderedDict,
            ("torch", "FloatStorage") => Global::FloatStorage,
            ("torch._utils", "_rebuild_tensor" | "_rebuild_tensor_v2") => Global::RebuildTensor,
            _ => {
                let name: String = format!("{module}.{name}").escape_debug().take(80).collect();
                return Err(refused(format!(
                    "it names {name}, which weights do not need"
                )));
            }
        };
        self.push(Object::Global(global));
        Ok(())
    }

    pub(super) fn reduce(&mut self) -> Result<(), WeightsError> {
        let arguments = self.pop()?;
        let function = self.pop()?;
        let Some(Object::Tuple(arguments)) = self.object(arguments) else {
            return Err(refused("a call has no arguments"));
        };
        let object = match self.object(function) {
            Some(Object::Global(Global::OrderedDict)) => {
                let (dict, copied) = self.ordered_dict(arguments)?;
                self.copies += copied;
                if self.copies > MAX_COPIES {
                    return Err(refused("it repeats itself too often"));
                }
                dict
            }
            Some(Object::Global(Global::RebuildTensor)) => self.tensor(arguments)?,
            _ => return Err(refused("it calls something that is no function")),
        };
        self.push(object);
        Ok(())
    }

    /// An empty dictionary as Python 3 writes it, or one made from a list of pairs as Python 2 does.
    fn ordered_dict(&self, arguments: &[Value]) -> Result<(Object, usize), WeightsError> {
        let Some(first) = arguments.first() else {
            return Ok((Object::Dict(Vec::new()), 0));
        };
        let Some(Object::List(pairs)) = self.object(*first) else {
            return Err(refused(
                "an ordered dictionary is made from something that is no list",
            ));
        };
        if self.copies + pairs.len() > MAX_COPIES {
            return Err(refused("it repeats itself too often"));
        }
        let items = pairs
            .iter()
            .map(|pair| match self.object(*pair) {
                Some(Object::List(pair) | Object::Tuple(pair)) => match pair[..] {
                    [key, value] => Some((key, value)),
                    _ => None,
                },
                _ => None,
            })
            .collect::<Option<Vec<_>>>()
            .ok_or_else(|| refused("an item of an ordered dictionary is no pair"))?;
        let count = items.len();
        Ok((Object::Dict(items), count))
    }

    /// Storage, offset, size and stride; newer files add two arguments that do not matter.
    fn tensor(&self, arguments: &[Value]) -> Result<Object, WeightsError> {
        let bad = || refused("the arguments of a tensor make no sense");
        let [storage, offset, size, stride, ..] = arguments else {
            return Err(bad());
        };
        let Some(Object::Storage(storage)) = self.object(*storage) else {
            return Err(bad());
        };
        let Value::Int(offset) = *offset else {
            return Err(bad());
        };
        let shape = self.integers(*size).ok_or_else(bad)?;
        let stride = self.integers(*stride).ok_or_else(bad)?;
        let offset = u64::try_from(offset).map_err(|_| bad())?;
        let mut expected = Vec::new();
        let mut elements = 1_i64;
        for side in shape.iter().rev() {
            expected.insert(0, elements);
            elements = elements
                .checked_mul(*side)
                .filter(|n| (1..=MAX_COUNT).contains(n))
                .ok_or_else(bad)?;
        }
        if stride != expected {
            return Err(refused(format!(
                "a tensor of shape {shape:?} has strides {stride:?}"
            )));
        }
        if elements
            .unsigned_abs()
            .checked_add(offset)
            .is_none_or(|end| end > storage.count)
        {
            return Err(refused(format!(
                "a tensor reaches beyond storage {}",
                storage.key
            )));
        }
        Ok(Object::Tensor(Tensor {
            storage: storage.clone(),
            offset,
            shape,
        }))
    }

    fn integers(&self, value: Value) -> Option<Vec<i64>> {
        let Some(Object::Tuple(items)) = self.object(value) else {
            return None;
        };
        // Tensors have few axes; a longer tuple would only be there to make `expected` slow.
        if items.len() > 8 {
            return None;
        }
        items
            .iter()
            .map(|item| match item {
                Value::Int(number) => Some(*number),
                _ => None,
            })
            .collect()
    }

    /// A persistent id stands for a storage; where it was when it was saved does not matter.
    pub(super) fn persistent(&mut self) -> Result<(), WeightsError> {
        let id = self.pop()?;
        let Some(Object::Tuple(id)) = self.object(id) else {
            return Err(refused("a persistent id is no tuple"));
        };
        let [kind, class, key, _location, count, rest @ ..] = &id[..] else {
            return Err(refused("a persistent id is too short"));
        };
        if self.text(*kind) != Some("storage") {
            return Err(refused("a persistent id is no storage"));
        }
        if !matches!(
            self.object(*class),
            Some(Object::Global(Global::FloatStorage))
        ) {
            return Err(refused("a storage does not hold float32"));
        }
        if !rest.iter().all(|value| *value == Value::None) {
            return Err(refused("a storage is a view of another one"));
        }
        let key = self
            .text(*key)
            .ok_or_else(|| refused("a storage key is no text"))?;
        let count = match count {
            Value::Int(count) if (0..=MAX_COUNT).contains(count) => count.unsigned_abs(),
            _ => return Err(refused("the length of a storage makes no sense")),
        };
        let storage = Storage {
            key: key.to_owned(),
            count,
        };
        self.push(Object::Storage(storage));
        Ok(())
    }
}
