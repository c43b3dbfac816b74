//! The smoke test: whether everything still runs and our events are right; never how fast.

use crate::chunks::Chunking;
use crate::corpora::{self, CHECKSUMS, Corpus, NAMES};
use crate::measure;
use crate::rows::{ALL, Whose};

/// How much of each corpus, in bytes: at 64-byte chunks enough for every cut to be met.
const SIZE: usize = 512 * 1024;
/// Proves all rows right over all corpora in all chunkings; says how many of ours are not.
pub fn run() -> usize {
    let mut failures = 0;
    for (name, checksum) in NAMES.into_iter().zip(CHECKSUMS) {
        let is = corpora::checksum(&corpora::bytes(name, corpora::SIZE));
        if is != checksum {
            eprintln!("{name}: checksum is {is:#x}, not {checksum:#x}; what was measured cannot be compared any more");
            failures += 1;
        }
        let corpus = Corpus::new(name, SIZE);
        for chunking in Chunking::ALL {
            let chunks = chunking.cut(&corpus.bytes);
            for row in &ALL {
                if let Some(wrong) = measure::prove(row, &corpus, &chunks) {
                    println!("{}, {name} in {}: {wrong}", row.name, chunking.name());
                    failures += usize::from(row.whose == Whose::Ours);
                }
                measure::once(row, &corpus, &chunks);
            }
        }
        println!("{name}: {} events, {} bytes", corpus.events.len(), corpus.bytes.len());
    }
    failures
}
