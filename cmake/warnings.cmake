# Warnings and sanitizers for our own targets; libraries' headers come in as SYSTEM.
function(lexome_warnings target)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wshadow -Wundef -Wno-unused-parameter)
  if(LEXOME_WERROR)
    target_compile_options(${target} PRIVATE -Werror)
  endif()
endfunction()

if(LEXOME_SANITIZE)
  add_compile_options(-fsanitize=${LEXOME_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all -g1)
  add_link_options(-fsanitize=${LEXOME_SANITIZE})
endif()
