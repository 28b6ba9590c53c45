//! Test frames by integer formula, the same in every language.

use vidaio_torch::weights::synthetic::mix32;

/// Rows and columns.
#[derive(Clone, Copy)]
pub(crate) struct Size {
    pub(crate) height: usize,
    pub(crate) width: usize,
}

fn triangle(t: usize, period: usize) -> usize {
    let place = t % (2 * period);
    if place < period {
        place
    } else {
        2 * period - place
    }
}

fn byte(value: i64) -> u8 {
    u8::try_from(value.clamp(0, 255)).unwrap()
}

fn hash(place: usize, factor: u32, add: u32) -> u32 {
    mix32(
        u32::try_from(place)
            .unwrap()
            .wrapping_mul(factor)
            .wrapping_add(add),
    )
}

/// A slanted wave, fine bars, blocks of sixteen pixels and a little noise.
pub(crate) fn base(size: Size, seed: u32) -> Vec<u8> {
    let mut out = Vec::with_capacity(size.height * size.width * 3);
    let s = seed as usize;
    for y in 0..size.height {
        for x in 0..size.width {
            for c in 0..3 {
                let wave = triangle(7 * x + 3 * y + 40 * c + s, 160);
                let bars = triangle(2 * x + 11 * y * (1 + c) + 5 * s, 61);
                let blocks = (((x >> 4) ^ (y >> 4)) * 37 + 21 * c + s) & 31;
                let noise = hash(out.len(), 1, seed.wrapping_mul(0x9E37_79B1)) >> 28;
                out.push(byte((wave + bars + blocks) as i64 + i64::from(noise) - 8));
            }
        }
    }
    out
}

/// The distorted frame of a name like `noisy5`.
pub(crate) fn distort(image: &[u8], size: Size, name: &str) -> Vec<u8> {
    let Size { height, width } = size;
    let covered = |length: usize| (length - 64) / 27 * 27 + 64;
    match name {
        "identical" => image.to_vec(),
        "tone" => image
            .iter()
            .map(|v| byte(i64::from(*v) * 15 / 16 + 12))
            .collect(),
        "blocky" => blocky(image, size),
        "half_noisy5" => noisy(image, size, 5, |_, x| x >= width / 2),
        "tail_only" => {
            let (bottom, right) = (covered(height), covered(width));
            noisy(image, size, 7, |y, x| y >= bottom || x >= right)
        }
        _ => match name.split_at(name.len() - 1) {
            ("noisy", bits) => noisy(image, size, bits.parse().unwrap(), |_, _| true),
            ("blur", radius) => blur(image, size, radius.parse().unwrap()),
            _ => panic!("no distortion is called {name}"),
        },
    }
}

fn noisy(image: &[u8], size: Size, bits: u32, here: impl Fn(usize, usize) -> bool) -> Vec<u8> {
    let noise = |place: usize, value: u8| {
        let hash = hash(place, 0x0100_0193, 5) & ((1 << bits) - 1);
        byte(i64::from(value) + i64::from(hash) - (1 << (bits - 1)))
    };
    let pixel = |place: usize| (place / 3 / size.width, place / 3 % size.width);
    let values = image.iter().enumerate();
    values
        .map(|(place, value)| {
            let (y, x) = pixel(place);
            if here(y, x) {
                noise(place, *value)
            } else {
                *value
            }
        })
        .collect()
}

fn blur(image: &[u8], size: Size, radius: i64) -> Vec<u8> {
    let (height, width) = (size.height as i64, size.width as i64);
    let count = (2 * radius + 1).pow(2);
    let at = |y: i64, x: i64, c: i64| {
        let (y, x) = (y.clamp(0, height - 1), x.clamp(0, width - 1));
        i64::from(image[usize::try_from((y * width + x) * 3 + c).unwrap()])
    };
    let mut out = Vec::with_capacity(image.len());
    for y in 0..height {
        for x in 0..width {
            for c in 0..3 {
                let rows = y - radius..=y + radius;
                let sum: i64 = rows
                    .flat_map(|y| (x - radius..=x + radius).map(move |x| (y, x)))
                    .map(|(y, x)| at(y, x, c))
                    .sum();
                out.push(byte((sum + count / 2) / count));
            }
        }
    }
    out
}

fn blocky(image: &[u8], size: Size) -> Vec<u8> {
    let mut out = image.to_vec();
    for top in (0..size.height).step_by(8) {
        for left in (0..size.width).step_by(8) {
            for c in 0..3 {
                let rows = top..(top + 8).min(size.height);
                let places: Vec<usize> = rows
                    .flat_map(|y| (left..(left + 8).min(size.width)).map(move |x| (y, x)))
                    .map(|(y, x)| (y * size.width + x) * 3 + c)
                    .collect();
                let mean =
                    places.iter().map(|p| i64::from(image[*p])).sum::<i64>() / places.len() as i64;
                for place in places {
                    out[place] = byte((i64::from(image[place]) + 3 * mean) / 4);
                }
            }
        }
    }
    out
}
