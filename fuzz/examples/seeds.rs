//! Writes the seeds of each target into a directory of its own: `seeds DIRECTORY`, by default `corpus`.

use std::path::PathBuf;
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let corpus = env::args_os().nth(1).map_or_else(|| PathBuf::from("corpus"), PathBuf::from);
    for (target, _) in ssekit_fuzz::TARGETS {
        let directory = corpus.join(target);
        fs::create_dir_all(&directory)?;
        let seeds = ssekit_fuzz::seeds::of(target);
        for (number, seed) in seeds.iter().enumerate() {
            fs::write(directory.join(format!("seed-{number:03}")), seed)?;
        }
        println!("{target}: {} seeds", seeds.len());
    }
    Ok(())
}
