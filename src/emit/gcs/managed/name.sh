case $run in
'' | [!A-Za-z0-9]* | *[!A-Za-z0-9_.=-]*)
  echo 'the name of a run must be letters, digits or any of "_ . = -", and begin with a letter or a digit' >&2
  exit 2
  ;;
esac
# nobody wrote below this name before, so that no attempt ever meets the objects of another
attempt=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
[ "${#attempt}" -eq 32 ] || { echo 'found no random numbers in /dev/urandom' >&2; exit 1; }
folder=$run/$attempt
