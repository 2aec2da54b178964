<?php
[, $base, $listing] = $argv;
foreach (json_decode(file_get_contents($listing), true) as $e) {
    $fields = [];
    foreach ($e["headers"] as $name => $value) {
        $fields[] = "$name: $value";
    }
    $http = ["method" => "POST", "header" => $fields, "content" => $e["body"], "protocol_version" => 1.1];
    $context = stream_context_create(["http" => $http]);
    echo file_get_contents($base . $e["path"], false, $context), "\n";
}
