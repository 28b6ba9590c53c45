//! Writes the synthetic weights in both formats, for tests only.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{self, BufWriter, Write},
    path::Path,
};

use super::{
    legacy::{MAGIC, VERSION},
    safetensors::Entry,
    synthetic::{self, Recipe},
};

/// Numbers made at a time.
const BLOCK: u32 = 1 << 18;

/// The two formats.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// The pickle form torch wrote before 2020, as the authors' file has it.
    Legacy,
    /// A JSON table and the numbers.
    Safetensors,
}

impl Format {
    /// The format that goes with the ending of a file name.
    #[must_use]
    pub fn of(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()? {
            "pth" => Some(Self::Legacy),
            "safetensors" => Some(Self::Safetensors),
            _ => None,
        }
    }
}

/// Writes the synthetic weights to a file, 273.5 MB.
///
/// # Errors
/// Fails if the file cannot be written.
pub fn write_synthetic(path: &Path, format: Format) -> io::Result<()> {
    let recipes = synthetic::recipes();
    let mut out = BufWriter::new(File::create(path)?);
    match format {
        Format::Legacy => {
            out.write_all(&pickles(&recipes))?;
            for recipe in &recipes {
                out.write_all(&recipe.spec.elements().to_le_bytes())?;
                write_numbers(&mut out, recipe)?;
            }
        }
        Format::Safetensors => {
            out.write_all(&table(&recipes)?)?;
            for recipe in &recipes {
                write_numbers(&mut out, recipe)?;
            }
        }
    }
    out.into_inner()
        .map_err(io::IntoInnerError::into_error)?
        .sync_data()
}

fn write_numbers(out: &mut impl Write, recipe: &Recipe) -> io::Result<()> {
    let elements = small(recipe.spec.elements());
    let mut bytes = Vec::new();
    let mut start = 0;
    while start < elements {
        let end = elements.min(start + BLOCK);
        bytes.clear();
        recipe.bytes(start, end, &mut bytes);
        out.write_all(&bytes)?;
        start = end;
    }
    Ok(())
}

/// No tensor has more than 62 million numbers.
fn small(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

fn table(recipes: &[Recipe]) -> io::Result<Vec<u8>> {
    let mut entries = BTreeMap::new();
    let mut begin = 0;
    for recipe in recipes {
        let end = begin + recipe.spec.elements() * 4;
        let shape = recipe
            .spec
            .shape
            .iter()
            .map(|side| side.unsigned_abs())
            .collect();
        let entry = Entry {
            dtype: "F32".into(),
            shape,
            data_offsets: [begin, end],
        };
        entries.insert(recipe.spec.name.as_str(), entry);
        begin = end;
    }
    let mut json = serde_json::to_vec(&entries)?;
    // Numbers start at a multiple of eight, as the format asks for.
    json.resize(json.len().next_multiple_of(8), b' ');
    let mut table = (json.len() as u64).to_le_bytes().to_vec();
    table.extend(json);
    Ok(table)
}

/// The five pickles before the numbers, in the form torch 0.3 gave them under Python 3.
fn pickles(recipes: &[Recipe]) -> Vec<u8> {
    let mut out = Pickles(Vec::new());
    out.start();
    out.0.extend([0x8a, 10]);
    out.0.extend(MAGIC);
    out.stop();

    out.start();
    out.integer(VERSION.unsigned_abs());
    out.stop();

    out.start();
    out.0.extend(b"}(");
    out.text("protocol_version");
    out.integer(VERSION.unsigned_abs());
    out.text("little_endian");
    out.0.push(0x88);
    out.text("type_sizes");
    out.0.extend(b"}(");
    for (name, size) in [("short", 2), ("int", 4), ("long", 4)] {
        out.text(name);
        out.integer(size);
    }
    out.0.extend(b"uu");
    out.stop();

    out.start();
    out.0.extend(b"ccollections\nOrderedDict\n)R(");
    for (number, recipe) in (0..).zip(recipes) {
        out.tensor(number, recipe);
    }
    out.0.push(b'u');
    out.stop();

    out.start();
    out.0.extend(b"](");
    for number in 0..recipes.len() {
        out.text(&key(number));
    }
    out.0.push(b'e');
    out.stop();
    out.0
}

/// Keys were addresses of storages; any text does.
fn key(number: usize) -> String {
    format!("{}", 94_000_000 + number * 64)
}

/// Pickle opcodes in the making.
struct Pickles(Vec<u8>);

impl Pickles {
    fn start(&mut self) {
        self.0.extend([0x80, 2]);
    }

    fn stop(&mut self) {
        self.0.push(b'.');
    }

    fn integer(&mut self, number: u64) {
        let number = small(number).to_le_bytes();
        match number {
            [low, 0, 0, 0] => self.0.extend([b'K', low]),
            [low, high, 0, 0] => self.0.extend([b'M', low, high]),
            all => {
                self.0.push(b'J');
                self.0.extend(all);
            }
        }
    }

    fn text(&mut self, text: &str) {
        self.0.push(b'X');
        self.0.extend(small(text.len() as u64).to_le_bytes());
        self.0.extend(text.as_bytes());
    }

    fn tuple(&mut self, numbers: &[u64]) {
        self.0.push(b'(');
        for number in numbers {
            self.integer(*number);
        }
        self.0.push(b't');
    }

    fn tensor(&mut self, number: usize, recipe: &Recipe) {
        self.text(&recipe.spec.name);
        self.0.extend(b"ctorch._utils\n_rebuild_tensor\n(");
        self.0.push(b'(');
        self.text("storage");
        self.0.extend(b"ctorch\nFloatStorage\n");
        self.text(&key(number));
        self.text("cuda:0");
        self.integer(recipe.spec.elements());
        self.0.extend(b"NtQ");
        self.integer(0);
        let shape: Vec<u64> = recipe
            .spec
            .shape
            .iter()
            .map(|side| side.unsigned_abs())
            .collect();
        let stride: Vec<u64> = (1..=shape.len())
            .map(|axis| shape[axis..].iter().product())
            .collect();
        self.tuple(&shape);
        self.tuple(&stride);
        self.0.extend(b"tR");
    }
}
