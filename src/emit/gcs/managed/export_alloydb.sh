# one operation after the other: gcloud waits for each
send() {
  query=$(cat)
  gcloud alloydb clusters export "$cluster" --region="$region" --database="$database" --gcs-uri="$bucket/$folder/$1" \
    --csv --select-query="$query" --quiet </dev/null
}
