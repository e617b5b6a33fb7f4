// Reads tests/vectors in another language, from docs/wire.md alone and with nothing but the standard library.
// It prints what does not agree, and ends with 1 then.
//
//	go run . <folder of the vectors>
package main

import (
	"fmt"
	"os"
)

func main() {
	folder, failures := os.Args[1], 0
	report := func(file, name, problem string) {
		failures++
		fmt.Printf("%s: %s: %s\n", file, name, problem)
	}
	checked := checkTicks(folder, report) + checkIdentities(folder, report) +
		checkHeaders(folder, report) + checkMessages(folder, report)
	fmt.Printf("%d cases\n", checked)
	if failures > 0 {
		os.Exit(1)
	}
}
