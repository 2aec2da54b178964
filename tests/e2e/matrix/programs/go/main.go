// Sends each request of a listing with net/http: BASE LISTING.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
)

type asked struct {
	Path, Body string
	Headers    map[string]string
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func main() {
	text, err := os.ReadFile(os.Args[2])
	check(err)
	var all []asked
	check(json.Unmarshal(text, &all))
	for _, a := range all {
		request, err := http.NewRequest("POST", os.Args[1]+a.Path, strings.NewReader(a.Body))
		check(err)
		for name, value := range a.Headers {
			request.Header.Set(name, value)
		}
		reply, err := http.DefaultClient.Do(request)
		check(err)
		body, err := io.ReadAll(reply.Body)
		check(err)
		reply.Body.Close()
		fmt.Println(reply.StatusCode)
		fmt.Println(string(body))
	}
}
