# How Sluice is built: the compiler's settings and the three functions that every CMakeLists.txt uses.
#
#   sluice_module(NAME LINK lib...)   a folder under src/ becomes the library sluice_NAME, and, by the ending of each
#                                     file, its tests (_test.cpp), fuzz targets (_fuzz.cpp) and benchmarks (_bench.cpp)
#   sluice_app(NAME LINK lib...)      a folder under src/apps/ becomes an executable; with MAIN_ONLY just its main.cpp, where
#                                     sluice_module() makes a library of the rest, for tests
#   sluice_test_program(...)          a test that crosses modules (tests/)
#
# Files are found by their ending, so that adding one needs no list to be edited.

set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)

option(SLUICE_FUZZ "Build fuzz targets against libFuzzer (clang) instead of the replay driver" OFF)
set(SLUICE_SANITIZE "" CACHE STRING "Sanitizers, as -fsanitize= takes them")
set(SLUICE_MARCH "x86-64-v3" CACHE STRING "Oldest processor that the build runs on (docs/decisions)")

find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_C_COMPILER_LAUNCHER ${CCACHE})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()

add_compile_options(-Wall -Wextra -Wshadow -Wnon-virtual-dtor -Wno-missing-field-initializers -fno-strict-aliasing
                    -ffile-prefix-map=${CMAKE_SOURCE_DIR}=.)
if(CMAKE_SYSTEM_PROCESSOR STREQUAL "x86_64")
  # One -march for the whole tree: an inline function compiled for two processors is an ODR trap.
  set(SLUICE_MARCH_FLAG -march=${SLUICE_MARCH})
  add_compile_options(${SLUICE_MARCH_FLAG})
endif()
if(SLUICE_SANITIZE)
  add_compile_options(-fsanitize=${SLUICE_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${SLUICE_SANITIZE})
endif()
if(SLUICE_FUZZ)
  # clang 16 reports an older __cpp_concepts than libstdc++'s <expected> asks for, although it has what is needed.
  add_compile_options(-Wno-builtin-macro-redefined -D__cpp_concepts=202002L -fsanitize=fuzzer-no-link)
endif()

include_directories(${CMAKE_SOURCE_DIR}/src)
find_package(Threads REQUIRED)
find_package(fmt REQUIRED)
find_package(GTest REQUIRED)
find_package(benchmark REQUIRED)
include(GoogleTest)
enable_testing()

add_library(sluice_fuzz_driver STATIC ${CMAKE_SOURCE_DIR}/tests/fuzz_driver.cpp)
add_custom_target(fuzz_targets)  # of the preset fuzz: all that ./dev fuzz needs

function(sluice_sources folder)
  file(GLOB_RECURSE all CONFIGURE_DEPENDS ${folder}/*.cpp)
  foreach(kind test fuzz bench)
    set(found ${all})
    list(FILTER found INCLUDE REGEX "_${kind}\\.cpp$")
    set(${kind}_files ${found} PARENT_SCOPE)
  endforeach()
  list(FILTER all EXCLUDE REGEX "_(test|fuzz|bench)\\.cpp$")
  set(main_file ${all})
  list(FILTER main_file INCLUDE REGEX "/main\\.cpp$")
  list(FILTER all EXCLUDE REGEX "/main\\.cpp$")
  set(main_file ${main_file} PARENT_SCOPE)
  set(code_files ${all} PARENT_SCOPE)
endfunction()

function(sluice_add_tests target)
  cmake_parse_arguments(arg "" "" "LABELS" ${ARGN})
  set(labels)
  if(arg_LABELS)
    set(labels LABELS ${arg_LABELS})
  endif()
  gtest_discover_tests(${target} DISCOVERY_MODE PRE_TEST DISCOVERY_TIMEOUT 60 ${arg_UNPARSED_ARGUMENTS}
    PROPERTIES TIMEOUT 120 ENVIRONMENT "SLUICE_SOURCE=${CMAKE_SOURCE_DIR};SLUICE_BIN=${CMAKE_BINARY_DIR}/bin"
               ${labels})
endfunction()

# A header stands on its own. One with a .cpp beside it proves that there (tools/tidy: own header first); each other is
# compiled alone here.
function(sluice_check_headers lib)
  file(GLOB_RECURSE headers CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.hpp)
  foreach(header ${headers})
    string(REGEX REPLACE "hpp$" "cpp" source ${header})
    if(NOT EXISTS ${source})
      file(RELATIVE_PATH path ${CMAKE_SOURCE_DIR}/src ${header})
      string(REPLACE "/" "_" check ${path})
      set(check ${CMAKE_CURRENT_BINARY_DIR}/headers/${check}.cpp)
      file(CONFIGURE OUTPUT ${check} CONTENT "#include \"${path}\"\n")
      list(APPEND checks ${check})
    endif()
  endforeach()
  if(checks AND NOT SLUICE_FUZZ)
    add_library(${lib}_headers OBJECT ${checks})
    target_compile_options(${lib}_headers PRIVATE -O0 -g0)  # nothing of it is ever linked
    target_link_libraries(${lib}_headers PRIVATE ${lib})
  endif()
endfunction()

# What a test measures lies in the library; the test's own code is compiled often and runs once. The options are the
# program's: GCC takes a precompiled header only with those that it was made with.
function(sluice_compile_tests_fast target)
  if(NOT SLUICE_SANITIZE)
    target_compile_options(${target} PRIVATE -O1)
  endif()
  target_compile_options(${target} PRIVATE -fpch-preprocess -pthread)  # as what links gRPC has it
  if(CCACHE)
    set_property(TARGET ${target} PROPERTY CXX_COMPILER_LAUNCHER
      env CCACHE_SLOPPINESS=pch_defines,time_macros CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} ${CCACHE})
  endif()
endfunction()

# GoogleTest takes longer to read than most tests that use it: all test programs share one precompiled copy. Nothing else is
# in there, and what is no test is compiled without it, so that no header's missing include is hidden. With the settings
# above ccache keeps what was compiled that way, also for another checkout.
if(NOT SLUICE_FUZZ)
  add_library(sluice_precompiled_gtest OBJECT ${CMAKE_SOURCE_DIR}/tests/precompiled_gtest.cpp)
  sluice_compile_tests_fast(sluice_precompiled_gtest)
  target_precompile_headers(sluice_precompiled_gtest PRIVATE <gtest/gtest.h>)
  target_link_libraries(sluice_precompiled_gtest PRIVATE GTest::gtest)
endif()

function(sluice_add_test_program target)
  add_executable(${target} ${ARGN})
  sluice_compile_tests_fast(${target})
  target_precompile_headers(${target} REUSE_FROM sluice_precompiled_gtest)
  list(FILTER ARGN EXCLUDE REGEX "_test\\.cpp$")
  set_property(SOURCE ${ARGN} PROPERTY SKIP_PRECOMPILE_HEADERS ON)
endfunction()

function(sluice_module name)
  cmake_parse_arguments(arg "" "" "LINK;TEST_LINK" ${ARGN})
  sluice_sources(${CMAKE_CURRENT_SOURCE_DIR})
  set(lib sluice_${name})
  if(code_files)
    add_library(${lib} STATIC ${code_files})
    target_link_libraries(${lib} PUBLIC ${arg_LINK} fmt::fmt Threads::Threads)
  else()
    add_library(${lib} INTERFACE)
    target_link_libraries(${lib} INTERFACE ${arg_LINK} fmt::fmt Threads::Threads)
  endif()

  sluice_check_headers(${lib})

  if(test_files AND NOT SLUICE_FUZZ)
    sluice_add_test_program(${name}_test ${test_files})
    target_link_libraries(${name}_test PRIVATE ${lib} ${arg_TEST_LINK} GTest::gmock GTest::gtest_main)
    sluice_add_tests(${name}_test TEST_PREFIX ${name}. WORKING_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR})
  endif()

  foreach(file ${fuzz_files})
    get_filename_component(fuzz ${file} NAME_WE)
    add_executable(${fuzz} ${file})
    target_link_libraries(${fuzz} PRIVATE ${lib} ${arg_TEST_LINK})
    if(SLUICE_FUZZ)
      target_sources(${fuzz} PRIVATE ${CMAKE_SOURCE_DIR}/tests/fuzz_seeds.cpp)
      target_link_options(${fuzz} PRIVATE -fsanitize=fuzzer)
      add_dependencies(fuzz_targets ${fuzz})
    else()
      # Without clang the same target runs its seeds and a fixed number of seeded mutations as a test.
      target_link_libraries(${fuzz} PRIVATE sluice_fuzz_driver)
      add_test(NAME fuzz.${fuzz} COMMAND ${fuzz} WORKING_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR})
      set_tests_properties(fuzz.${fuzz} PROPERTIES TIMEOUT 120)
    endif()
  endforeach()

  if(NOT SLUICE_FUZZ)
    foreach(file ${bench_files})
      get_filename_component(bench ${file} NAME_WE)
      add_executable(${bench} ${file})
      target_link_libraries(${bench} PRIVATE ${lib} ${arg_TEST_LINK} benchmark::benchmark)
    endforeach()
  endif()
endfunction()

function(sluice_app name)
  if(SLUICE_FUZZ)
    return()
  endif()
  cmake_parse_arguments(arg "MAIN_ONLY" "" "LINK;TEST_LINK" ${ARGN})
  sluice_sources(${CMAKE_CURRENT_SOURCE_DIR})
  if(arg_MAIN_ONLY)
    set(code_files)
  endif()
  add_executable(${name} ${main_file} ${code_files})
  target_link_libraries(${name} PRIVATE ${arg_LINK} fmt::fmt Threads::Threads)
endfunction()

function(sluice_test_program name)
  if(SLUICE_FUZZ)
    return()
  endif()
  cmake_parse_arguments(arg "" "" "SOURCES;LINK;LABELS" ${ARGN})
  sluice_add_test_program(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE ${arg_LINK} GTest::gmock GTest::gtest_main fmt::fmt)
  sluice_add_tests(${name} TEST_PREFIX ${name}. LABELS ${arg_LABELS})
endfunction()
