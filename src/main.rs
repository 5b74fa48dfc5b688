//! Exit codes, the allocator and nothing else: 0 fine, 1 findings or stale output, 2 could not do the job.

/// The catalog of a large schema fragments the heap of the C library, whose search for a free chunk then takes a third of
/// the time and grows faster than the schema. Without huge pages (feature `no_thp`): each is cleared as a whole, also for the
/// little that a part of it is used for, which took a seventh of the time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    noren::cli::run(std::env::args_os()).into()
}
