<?php
[, $base, $listing] = $argv;
$handle = curl_init();
foreach (json_decode(file_get_contents($listing), true) as $e) {
    $fields = [];
    foreach ($e["headers"] as $name => $value) {
        $fields[] = "$name: $value";
    }
    curl_setopt_array($handle, [
        CURLOPT_URL => $base . $e["path"],
        CURLOPT_HTTPHEADER => $fields,
        CURLOPT_POSTFIELDS => $e["body"],
        CURLOPT_CAINFO => getenv("SSL_CERT_FILE"),
        CURLOPT_WRITEFUNCTION => function ($handle, $piece) {
            echo $piece;
            return strlen($piece);
        },
    ]);
    curl_exec($handle) or exit(1);
    echo "\n";
}
