//! The seeds, and what was once found, without the engine.

use std::{fs, path::Path};

use ssekit_fuzz::{TARGETS, seeds};

#[global_allocator]
static COUNTING: ssekit_fuzz::allocated::Counting = ssekit_fuzz::allocated::Counting;

#[test]
fn every_seed_is_well() {
    for (target, run) in TARGETS {
        let seeds = seeds::of(target);
        assert!(seeds.len() >= 90, "{target}: {}", seeds.len());
        for (number, seed) in seeds.iter().enumerate() {
            println!("{target}: seed {number}");
            run(seed);
        }
    }
}

#[test]
fn what_was_found_stays_mended() {
    for (target, run) in TARGETS {
        let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("found").join(target);
        for file in fs::read_dir(directory).into_iter().flatten() {
            let path = file.unwrap().path();
            println!("{}", path.display());
            run(&fs::read(path).unwrap());
        }
    }
}
