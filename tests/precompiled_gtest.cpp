// Nothing: CMake compiles precompiled headers with a target, and a target has a source (cmake/sluice.cmake).
