# one operation after the other: an instance runs no two, and gcloud waits for each
take() {
  gcloud sql import csv "$instance" "$bucket/$folder/$1" --database="$database" --user="$user" --table="noren_load.$2" \
    --columns="$3" --quiet </dev/null
}
