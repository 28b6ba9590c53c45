//! Tells the source which FFmpeg it is built against, where versions differ.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-check-cfg=cfg(coded_side_data)");
    // From FFmpeg 6.1 on, side data of a stream lies with its codec parameters.
    if std::env::var("DEP_FFMPEG_FFMPEG_6_1").is_ok_and(|known| known == "true") {
        println!("cargo::rustc-cfg=coded_side_data");
    }
}
