//! Shared by the HTML pages: one self-contained file, no script, no external resources.

use std::fmt::Write as _;

use base64::Engine as _;

use crate::media::RgbFrame;

/// Style of every page: plain, readable on a phone, in the dark as well.
const STYLE: &str = "
:root{color-scheme:light dark}
body{font:16px/1.5 system-ui,sans-serif;margin:0 auto;max-width:72rem;padding:1rem}
h1{font-size:1.5rem}h2{font-size:1.25rem;margin-top:2rem}h3{font-size:1.05rem}
table{border-collapse:collapse;display:block;overflow-x:auto;margin:.5rem 0}
th,td{text-align:left;padding:.2rem .7rem .2rem 0;border-bottom:1px solid #8885;vertical-align:top}
td.n{font-variant-numeric:tabular-nums}
.pass{color:#007a4d}.fail{color:#c33;font-weight:600}.warn{color:#a60}
svg{max-width:100%;height:auto;background:#fff}
figure{margin:.5rem 0;display:inline-block}figure img{max-width:100%;display:block}
.row{display:flex;flex-wrap:wrap;gap:.5rem}
summary{cursor:pointer;margin:.5rem 0}
code{font-family:ui-monospace,monospace;font-size:.9em}
@media(prefers-color-scheme:dark){.pass{color:#5c9}.fail{color:#f88}.warn{color:#eb6}}
";

/// Text as HTML shows it.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

/// A whole page around a body.
pub(crate) fn page(title: &str, body: &str) -> String {
    let title = escape(title);
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n\
         <meta name=\"generator\" content=\"vidaio {}\">\n<title>{title}</title>\n\
         <style>{STYLE}</style>\n</head>\n<body>\n<h1>{title}</h1>\n{body}</body>\n</html>\n",
        env!("CARGO_PKG_VERSION")
    )
}

/// One cell of a table.
pub(crate) struct Cell {
    text: String,
    class: &'static str,
    key: Option<String>,
}

impl Cell {
    pub(crate) fn text(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            class: "",
            key: None,
        }
    }

    /// A number in full, with a name by which programs find it.
    pub(super) fn number(key: impl Into<String>, value: Option<f64>) -> Self {
        Self {
            text: value.map_or_else(|| "-".into(), |v| v.to_string()),
            class: "n",
            key: Some(key.into()),
        }
    }

    pub(crate) fn class(mut self, class: &'static str) -> Self {
        self.class = class;
        self
    }
}

impl<T: Into<String>> From<T> for Cell {
    fn from(text: T) -> Self {
        Self::text(text)
    }
}

/// A table; without a header if it is empty.
pub(crate) fn table(header: &[&str], rows: &[Vec<Cell>]) -> String {
    let mut text = String::from("<table>\n");
    if !header.is_empty() {
        text.push_str("<tr>");
        for name in header {
            let _ = write!(text, "<th>{}</th>", escape(name));
        }
        text.push_str("</tr>\n");
    }
    for row in rows {
        text.push_str("<tr>");
        for cell in row {
            text.push_str("<td");
            if !cell.class.is_empty() {
                let _ = write!(text, " class=\"{}\"", cell.class);
            }
            if let Some(key) = &cell.key {
                let _ = write!(text, " data-key=\"{}\"", escape(key));
            }
            let _ = write!(text, ">{}</td>", escape(&cell.text));
        }
        text.push_str("</tr>\n");
    }
    text + "</table>\n"
}

/// A frame as an inline image, or nothing if it cannot be encoded.
pub(super) fn figure(frame: &RgbFrame, caption: &str) -> String {
    let Some(bytes) = png(frame) else {
        return String::new();
    };
    let data = base64::engine::general_purpose::STANDARD.encode(bytes);
    let caption = escape(caption);
    format!(
        "<figure><img alt=\"{caption}\" src=\"data:image/png;base64,{data}\">\
         <figcaption>{caption}</figcaption></figure>\n"
    )
}

fn png(frame: &RgbFrame) -> Option<Vec<u8>> {
    let (height, width, _) = frame.dim();
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(
        &mut bytes,
        u32::try_from(width).ok()?,
        u32::try_from(height).ok()?,
    );
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header().ok()?;
    let pixels = frame.as_standard_layout();
    writer.write_image_data(pixels.as_slice()?).ok()?;
    writer.finish().ok()?;
    Some(bytes)
}
