//! A pickle machine that can only build what a legacy state dictionary holds.
//!
//! Nothing is ever called: the four names a weights file needs are known by what they mean, any other
//! name and any other opcode is an error. Objects are kept in one list and refer to each other by index, so
//! no file can make the machine recurse, and every object costs at least one byte of a bounded input.

mod rebuild;

use std::collections::HashMap;

use super::WeightsError;

/// Longest text accepted: a few bytes may refer to one many times, and each may be copied.
const MAX_TEXT: usize = 512;

/// A value on the stack: a plain one, or the index of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Value {
    None,
    Bool(bool),
    Int(i64),
    Object(usize),
}

/// What the machine can build.
#[derive(Debug, Clone)]
pub(super) enum Object {
    Text(String),
    Long(Vec<u8>),
    List(Vec<Value>),
    Tuple(Vec<Value>),
    Dict(Vec<(Value, Value)>),
    Global(Global),
    Storage(Storage),
    Tensor(Tensor),
}

/// The names a weights file may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Global {
    OrderedDict,
    FloatStorage,
    RebuildTensor,
}

/// A run of float32 numbers behind the pickles.
#[derive(Debug, Clone)]
pub(super) struct Storage {
    pub(super) key: String,
    pub(super) count: u64,
}

/// A view into a storage, checked to be contiguous and inside it.
#[derive(Debug, Clone)]
pub(super) struct Tensor {
    pub(super) storage: Storage,
    pub(super) offset: u64,
    pub(super) shape: Vec<i64>,
}

/// Runs the pickles in `input`, one after the other.
pub(super) struct Machine<'a> {
    input: &'a [u8],
    position: usize,
    objects: Vec<Object>,
    stack: Vec<Value>,
    marks: Vec<usize>,
    memo: HashMap<u32, Value>,
    copies: usize,
}

fn refused(what: impl Into<String>) -> WeightsError {
    WeightsError::Pickle(what.into())
}

impl<'a> Machine<'a> {
    pub(super) fn new(input: &'a [u8]) -> Self {
        Self {
            input,
            position: 0,
            objects: Vec::new(),
            stack: Vec::new(),
            marks: Vec::new(),
            memo: HashMap::new(),
            copies: 0,
        }
    }

    /// Offset of the byte behind the last pickle.
    pub(super) fn position(&self) -> usize {
        self.position
    }

    /// The object a value stands for.
    pub(super) fn object(&self, value: Value) -> Option<&Object> {
        match value {
            Value::Object(index) => self.objects.get(index),
            _ => None,
        }
    }

    /// The text a value stands for.
    pub(super) fn text(&self, value: Value) -> Option<&str> {
        match self.object(value) {
            Some(Object::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// Runs one pickle and returns what it built.
    pub(super) fn run(&mut self) -> Result<Value, WeightsError> {
        self.stack.clear();
        self.marks.clear();
        self.memo.clear();
        loop {
            let at = self.position;
            let opcode = self.byte()?;
            if opcode == b'.' {
                return self.pop();
            }
            self.step(opcode, at)?;
        }
    }

    fn step(&mut self, opcode: u8, at: usize) -> Result<(), WeightsError> {
        match opcode {
            0x80 => drop(self.byte()?),
            b'(' => self.marks.push(self.stack.len()),
            b'N' => self.stack.push(Value::None),
            0x88 => self.stack.push(Value::Bool(true)),
            0x89 => self.stack.push(Value::Bool(false)),
            b'K' => {
                let number = self.byte()?;
                self.stack.push(Value::Int(number.into()));
            }
            b'M' => {
                let number = u16::from_le_bytes(self.array()?);
                self.stack.push(Value::Int(number.into()));
            }
            b'J' => {
                let number = i32::from_le_bytes(self.array()?);
                self.stack.push(Value::Int(number.into()));
            }
            0x8a => self.long()?,
            b'U' => {
                let length = self.byte()?;
                self.text_of(length.into())?;
            }
            b'T' | b'X' => {
                let length = u32::from_le_bytes(self.array()?);
                self.text_of(length as usize)?;
            }
            b'}' => self.push(Object::Dict(Vec::new())),
            b']' => self.push(Object::List(Vec::new())),
            b')' => self.push(Object::Tuple(Vec::new())),
            b't' => {
                let items = self.pop_marked()?;
                self.push(Object::Tuple(items));
            }
            0x85..=0x87 => {
                let count = usize::from(opcode - 0x84);
                let items = self.pop_many(count)?;
                self.push(Object::Tuple(items));
            }
            b's' => {
                let items = self.pop_many(2)?;
                self.set_items(&items)?;
            }
            b'u' => {
                let items = self.pop_marked()?;
                self.set_items(&items)?;
            }
            b'a' => {
                let items = self.pop_many(1)?;
                self.append(items)?;
            }
            b'e' => {
                let items = self.pop_marked()?;
                self.append(items)?;
            }
            b'c' => self.global()?,
            b'R' => self.reduce()?,
            // The state given to an ordered dictionary is its version metadata, of no use here.
            b'b' => drop(self.pop()?),
            b'Q' => self.persistent()?,
            b'q' => {
                let slot = self.byte()?;
                self.remember(slot.into())?;
            }
            b'r' => {
                let slot = u32::from_le_bytes(self.array()?);
                self.remember(slot)?;
            }
            b'h' => {
                let slot = self.byte()?;
                self.recall(slot.into())?;
            }
            b'j' => {
                let slot = u32::from_le_bytes(self.array()?);
                self.recall(slot)?;
            }
            other => {
                return Err(refused(format!(
                    "opcode {other:#04x} at byte {at} is not allowed"
                )));
            }
        }
        Ok(())
    }

    fn byte(&mut self) -> Result<u8, WeightsError> {
        Ok(self.array::<1>()?[0])
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], WeightsError> {
        let bytes = self.bytes(N)?;
        bytes.try_into().map_err(|_| refused("it ends too early"))
    }

    fn bytes(&mut self, count: usize) -> Result<&'a [u8], WeightsError> {
        let end = self.position.checked_add(count);
        let bytes = end
            .and_then(|end| self.input.get(self.position..end))
            .ok_or_else(|| refused("it ends too early, or is far longer than that of PIE-APP"))?;
        self.position += count;
        Ok(bytes)
    }

    fn line(&mut self) -> Result<&'a str, WeightsError> {
        let rest = self.input.get(self.position..).unwrap_or_default();
        let end = rest.iter().position(|byte| *byte == b'\n');
        let end = end.ok_or_else(|| refused("a name does not end"))?;
        self.position += end + 1;
        std::str::from_utf8(&rest[..end]).map_err(|_| refused("a name is not UTF-8"))
    }

    fn push(&mut self, object: Object) {
        self.stack.push(Value::Object(self.objects.len()));
        self.objects.push(object);
    }

    /// The lowest stack position that may be popped: what is under an open mark belongs to it.
    fn floor(&self) -> usize {
        self.marks.last().copied().unwrap_or(0)
    }

    fn pop(&mut self) -> Result<Value, WeightsError> {
        if self.stack.len() <= self.floor() {
            return Err(refused("it takes more from the stack than there is"));
        }
        self.stack
            .pop()
            .ok_or_else(|| refused("the stack is empty"))
    }

    fn pop_many(&mut self, count: usize) -> Result<Vec<Value>, WeightsError> {
        match self.stack.len().checked_sub(count) {
            Some(start) if start >= self.floor() => Ok(self.stack.split_off(start)),
            _ => Err(refused("it takes more from the stack than there is")),
        }
    }

    fn pop_marked(&mut self) -> Result<Vec<Value>, WeightsError> {
        let start = self
            .marks
            .pop()
            .ok_or_else(|| refused("a mark is missing"))?;
        Ok(self.stack.split_off(start.min(self.stack.len())))
    }

    fn top(&mut self) -> Result<&mut Object, WeightsError> {
        match self.stack.last() {
            Some(Value::Object(index)) => self.objects.get_mut(*index),
            _ => None,
        }
        .ok_or_else(|| refused("a container is missing"))
    }

    fn remember(&mut self, slot: u32) -> Result<(), WeightsError> {
        let value = *self
            .stack
            .last()
            .ok_or_else(|| refused("nothing to remember"))?;
        self.memo.insert(slot, value);
        Ok(())
    }

    fn recall(&mut self, slot: u32) -> Result<(), WeightsError> {
        let value = self
            .memo
            .get(&slot)
            .ok_or_else(|| refused(format!("slot {slot} is empty")))?;
        self.stack.push(*value);
        Ok(())
    }

    fn long(&mut self) -> Result<(), WeightsError> {
        let length = self.byte()?;
        let bytes = self.bytes(length.into())?;
        if bytes.len() > 8 {
            self.push(Object::Long(bytes.to_vec()));
            return Ok(());
        }
        // Sign extension from the highest byte there is.
        let fill = if bytes.last().is_some_and(|byte| byte & 0x80 != 0) {
            0xff
        } else {
            0
        };
        let mut all = [fill; 8];
        all[..bytes.len()].copy_from_slice(bytes);
        self.stack.push(Value::Int(i64::from_le_bytes(all)));
        Ok(())
    }

    fn text_of(&mut self, length: usize) -> Result<(), WeightsError> {
        if length > MAX_TEXT {
            return Err(refused(format!("a text of {length} bytes is too long")));
        }
        let bytes = self.bytes(length)?;
        let text = std::str::from_utf8(bytes).map_err(|_| refused("a text is not UTF-8"))?;
        self.push(Object::Text(text.to_owned()));
        Ok(())
    }

    fn set_items(&mut self, items: &[Value]) -> Result<(), WeightsError> {
        let pairs = items.as_chunks::<2>();
        match self.top()? {
            Object::Dict(dict) if pairs.1.is_empty() => {
                dict.extend(pairs.0.iter().map(|[key, value]| (*key, *value)));
                Ok(())
            }
            _ => Err(refused("items are set on something that is no dictionary")),
        }
    }

    fn append(&mut self, items: Vec<Value>) -> Result<(), WeightsError> {
        match self.top()? {
            Object::List(list) => {
                list.extend(items);
                Ok(())
            }
            _ => Err(refused("items are appended to something that is no list")),
        }
    }
}
