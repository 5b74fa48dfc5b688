//! Generated files on disk: written whole or not at all, checked, compared; `noren.lock`.
