set -eu
unset NOREN_MASK_KEY
